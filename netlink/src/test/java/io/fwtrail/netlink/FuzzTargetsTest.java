package io.fwtrail.netlink;

import io.fwtrail.netlink.fuzz.FuzzTargetChecks;

class FuzzTargetsTest extends FuzzTargetChecks {}
