package io.fwtrail.tracer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The paths are as the engines make them, with either driver of cgroups and in either version. */
class CgroupTest {
  private static final String ID = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "0::/system.slice/docker-ID.scope, DOCKER",
    "0::/system.slice/docker-ID.scope/init.scope, DOCKER",
    "12:pids:/docker/ID, DOCKER",
    "0::/../docker-ID.scope, DOCKER",
    "0::/machine.slice/libpod-ID.scope, PODMAN",
    "0::/machine.slice/libpod-ID.scope/container, PODMAN",
    "4:memory:/libpod_parent/libpod-ID, PODMAN",
    "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope, PODMAN",
    "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
        + "cri-containerd-ID.scope, CONTAINERD",
    "0::/kubepods/besteffort/pod8a1b/ID, CONTAINERD",
    "0::/system.slice/nerdctl-ID.scope, CONTAINERD",
  })
  void containers(String line, OwnerKind owner) {
    assertThat(Cgroup.parse(line.replace("ID", ID) + "\n")).isEqualTo(new Cgroup(owner, ID));
  }

  @ParameterizedTest
  @CsvSource({
    "0::/system.slice/private.service, private.service",
    "0::/system.slice/private.service/sub, private.service",
    "1:name=systemd:/system.slice/private.service, private.service",
    "0::/machine.slice/machine-box.scope/payload/system.slice/ssh.service, machine-box.scope",
    "0::/machine.slice/systemd-nspawn@box.service/payload, systemd-nspawn@box.service",
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service, web.service",
  })
  void units(String line, String unit) {
    assertThat(Cgroup.parse(line)).isEqualTo(new Cgroup(OwnerKind.SYSTEMD, unit));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "0::",
        "0::/",
        "nonsense",
        "0::/user.slice/user-0.slice/session-3.scope",
        "0::/user.slice/user-1000.slice/user@1000.service/init.scope",
        "0::/system.slice/libpod-conmon-ID.scope",
        "0::/system.slice/docker-IDa.scope",
        "0::/system.slice/docker-0123.scope",
        "0::/docker/ID\u001b[31m",
        "4:memory:/system.slice/private.service",
      })
  void neither(String text) {
    assertThat(Cgroup.parse(text.replace("ID", ID))).isNull();
  }

  @Test
  void containerOnALaterLineBeforeAUnit() {
    assertThat(Cgroup.parse("0::/system.slice/containerd.service\n9:pids:/docker/" + ID + "\n"))
        .isEqualTo(new Cgroup(OwnerKind.DOCKER, ID));
  }
}
