package io.fwtrail.netlink.lab;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** Takes TCP connections on a port, of IPv4 and IPv6, one after the other, and sends all back. */
public final class TcpServer implements AutoCloseable {
  private final ServerSocket server;

  TcpServer(int port) throws IOException {
    server = new ServerSocket(port);
    Thread thread = new Thread(this::serve, "tcp server");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve() {
    while (!server.isClosed()) {
      try (Socket connection = server.accept()) {
        long unused = connection.getInputStream().transferTo(connection.getOutputStream());
      } catch (IOException e) {
        // That connection, or the server, ended.
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
