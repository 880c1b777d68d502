/** Results in files: compressed, rotated, and put on disk. */
@NullMarked
package io.fwtrail.cli.file;

import org.jspecify.annotations.NullMarked;
