package io.fwtrail.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fwtrail.netlink.KernelRefusedException;
import io.fwtrail.netlink.NetlinkClient;
import io.fwtrail.netlink.NetlinkConstants;
import io.fwtrail.netlink.channel.NetlinkSocket;
import io.fwtrail.netlink.channel.NetworkNamespace;
import io.fwtrail.netlink.lab.Host;
import io.fwtrail.netlink.lab.Lab;
import io.fwtrail.netlink.lab.NeedsKernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Numbers that a namespace without a name gives to others, as a listener to all of them needs. */
@NeedsKernel
class NamespaceIdMessageKernelTest {
  private static final int EEXIST = 17;

  private Lab lab;
  private NetworkNamespace home;
  private NetlinkClient client;

  @BeforeEach
  void open() throws Exception {
    lab = new Lab();
    home = NetworkNamespace.create();
    client = new NetlinkClient(NetlinkSocket.open(NetlinkConstants.PROTOCOL_ROUTE, home));
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    home.close();
    lab.close();
  }

  private int idOf(Host host) throws IOException {
    try (NetworkNamespace.Descriptor open = lab.namespace(host).open()) {
      return ask((w, n) -> NamespaceIdMessage.writeGet(w, n, open.number()));
    }
  }

  private int ask(NetlinkClient.Request question) throws IOException {
    List<Integer> ids = new ArrayList<>();
    client.query("asking", question, message -> ids.add(NamespaceIdMessage.decode(message).id()));
    assertThat(ids).hasSize(1);
    return ids.get(0);
  }

  private void give(Host host) throws IOException {
    try (NetworkNamespace.Descriptor open = lab.namespace(host).open()) {
      client.query(
          "giving", (w, n) -> NamespaceIdMessage.writeNew(w, n, open.number()), message -> {});
    }
  }

  @Test
  void givenAndAskedFor() throws IOException {
    assertThat(idOf(Host.CLIENT)).isEqualTo(NamespaceIdMessage.NOT_ASSIGNED);
    give(Host.CLIENT);
    give(Host.SERVER);

    assertThat(idOf(Host.CLIENT)).isZero();
    assertThat(idOf(Host.SERVER)).isEqualTo(1);
  }

  @Test
  void theOneItHasStays() throws IOException {
    give(Host.SERVER);
    give(Host.CLIENT);

    assertThatThrownBy(() -> give(Host.CLIENT))
        .isInstanceOfSatisfying(
            KernelRefusedException.class, e -> assertThat(e.errno()).isEqualTo(EEXIST));
    assertThat(idOf(Host.CLIENT)).isEqualTo(1);
  }

  /** The gateway has numbers of its own for those at the other ends of its links. */
  @Test
  void theNumberThatAnotherHas() throws Exception {
    give(Host.SERVER);
    give(Host.GATEWAY);
    String its = lab.run(Host.GATEWAY, "ip", "netns", "list-id");

    int id = ask((w, n) -> NamespaceIdMessage.writeGet(w, n, 0, 1));

    assertThat(its).contains("nsid " + id + " (iproute2 netns name: " + lab.name(Host.SERVER));
  }

  /** The other ends' numbers are those of the asker, to whom they become known by that. */
  @Test
  void linksOfAnother() throws IOException {
    give(Host.GATEWAY);
    List<LinkMessage> links = new ArrayList<>();

    client.dump(
        "listing links",
        (w, n) -> LinkMessage.writeDump(w, n, 0),
        message -> links.add(LinkMessage.decode(message)));

    assertThat(links)
        .filteredOn(link -> link.kind().equals("veth"))
        .extracting(LinkMessage::name, LinkMessage::linkNamespace)
        .containsExactlyInAnyOrder(
            tuple("lan0", idOf(Host.CLIENT)), tuple("wan0", idOf(Host.SERVER)));
    assertThat(idOf(Host.CLIENT)).isNotEqualTo(NamespaceIdMessage.NOT_ASSIGNED);
  }
}
