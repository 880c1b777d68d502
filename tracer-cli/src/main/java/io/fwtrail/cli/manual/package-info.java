/**
 * The manual pages and the shell completion, made from the commands when fwtrail is built. A
 * package has them as files; this code is not part of it.
 *
 * <p>picocli makes manual pages as AsciiDoc only. What turns that into troff is written in Ruby,
 * and would take longer than all of the rest of a build.
 */
@NullMarked
package io.fwtrail.cli.manual;

import org.jspecify.annotations.NullMarked;
