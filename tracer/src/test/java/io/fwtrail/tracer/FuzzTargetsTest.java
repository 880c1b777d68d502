package io.fwtrail.tracer;

import io.fwtrail.netlink.fuzz.FuzzTargetChecks;

class FuzzTargetsTest extends FuzzTargetChecks {}
