package io.fwtrail.tracer.namespaces;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The names of containers, from the files that their engines keep about them. These are no
 * interfaces of the engines, but are as they are for years: Docker's {@code config.v2.json} (Docker
 * 1.10), Podman's {@code containers.json} (containers/storage), the OCI bundle of containerd's shim
 * v2 with the annotations that its CRI plugin and nerdctl give. Only root's own containers of
 * Podman are there: those of users are kept in their homes, which are not read.
 */
final class ContainerNames {
  private static final int MAX_BYTES = 8 * 1024 * 1024;

  private final JsonFactory factory = new JsonFactory();
  private final Path docker;
  private final Path podman;
  private final Path containerd;

  ContainerNames(Path root) {
    docker = root.resolve("var/lib/docker/containers");
    podman = root.resolve("var/lib/containers/storage/overlay-containers/containers.json");
    containerd = root.resolve("run/containerd/io.containerd.runtime.v2.task");
  }

  /**
   * A container's name.
   *
   * @param id 64 hexadecimal digits
   * @return null if it is not known; of any length and with any characters
   */
  @Nullable String name(OwnerKind owner, String id) {
    try {
      return switch (owner) {
        case DOCKER -> ofDocker(id);
        case PODMAN -> ofPodman(id);
        case CONTAINERD -> ofContainerd(id);
        case SYSTEMD, NONE -> null;
      };
    } catch (JacksonException | IOException e) {
      return null; // Half written, or not as we know it: the id has to do.
    }
  }

  private @Nullable JsonParser open(Path path) {
    byte[] content = BoundedFile.read(path, MAX_BYTES);
    return content == null
        ? null
        : factory.createParser(ObjectReadContext.empty(), content, 0, content.length);
  }

  /** {@code {"Name": "/web", …}} */
  private @Nullable String ofDocker(String id) {
    try (JsonParser json = open(docker.resolve(id).resolve("config.v2.json"))) {
      if (json == null || !enter(json, "Name")) {
        return null;
      }
      String name = text(json);
      return name != null && name.startsWith("/") ? name.substring(1) : name;
    }
  }

  /** {@code [{"id": "…", "names": ["web"], …}, …]} */
  private @Nullable String ofPodman(String id) {
    try (JsonParser json = open(podman)) {
      if (json == null || json.nextToken() != JsonToken.START_ARRAY) {
        return null;
      }
      while (json.nextToken() == JsonToken.START_OBJECT) {
        boolean wanted = false;
        String name = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
          String property = json.currentName();
          JsonToken value = json.nextToken();
          if (property.equals("id")) {
            wanted = id.equals(text(json));
          } else if (property.equals("names") && value == JsonToken.START_ARRAY) {
            name = firstOf(json);
          }
          json.skipChildren();
        }
        if (wanted) {
          return name;
        }
      }
      return null;
    }
  }

  /** The first text in an array, at whose end the parser stands after that. */
  private static @Nullable String firstOf(JsonParser json) {
    String first = null;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (first == null) {
        first = text(json);
      }
      json.skipChildren();
      if (json.currentToken() == null) {
        return first;
      }
    }
    return first;
  }

  /** A directory for each of containerd's own namespaces: k8s.io, default, moby. */
  private @Nullable String ofContainerd(String id) throws IOException {
    if (!Files.isDirectory(containerd)) {
      return null;
    }
    try (DirectoryStream<Path> namespaces = Files.newDirectoryStream(containerd)) {
      for (Path namespace : namespaces) {
        String name = ofBundle(namespace.resolve(id).resolve("config.json"));
        if (name != null) {
          return name;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return null;
  }

  /** {@code {"annotations": {"io.kubernetes.cri.sandbox-name": "web-7d4", …}, …}} */
  private @Nullable String ofBundle(Path config) {
    try (JsonParser json = open(config)) {
      if (json == null
          || !enter(json, "annotations")
          || json.currentToken() != JsonToken.START_OBJECT) {
        return null;
      }
      String pod = null;
      String podNamespace = null;
      String nerdctl = null;
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String property = json.currentName();
        json.nextToken();
        switch (property) {
          case "io.kubernetes.cri.sandbox-name" -> pod = text(json);
          case "io.kubernetes.cri.sandbox-namespace" -> podNamespace = text(json);
          case "nerdctl/name" -> nerdctl = text(json);
          default -> {
            // Others' notes.
          }
        }
        json.skipChildren();
      }
      if (pod == null) {
        return nerdctl;
      }
      return podNamespace == null ? pod : podNamespace + "/" + pod;
    }
  }

  /** The value that the parser stands on; null if it is no text. */
  private static @Nullable String text(JsonParser json) {
    return json.currentToken() == JsonToken.VALUE_STRING ? json.getString() : null;
  }

  /** Goes to the value of a property of the outermost object. */
  private static boolean enter(JsonParser json, String wanted) {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean found = json.currentName().equals(wanted);
      json.nextToken();
      if (found) {
        return true;
      }
      json.skipChildren();
    }
    return false;
  }
}
