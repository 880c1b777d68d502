package io.fwtrail.cli;

import io.fwtrail.netlink.fuzz.FuzzTargetChecks;

class FuzzTargetsTest extends FuzzTargetChecks {}
