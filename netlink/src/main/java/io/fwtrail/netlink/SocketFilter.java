package io.fwtrail.netlink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of classic BPF by which the kernel decides for each message whether a socket gets it
 * (linux/filter.h, net/core/filter.c; socket(7), SO_ATTACH_FILTER). What it refuses is not counted
 * as lost.
 *
 * <p>A load beyond the message's end ends the program, and the message is refused: so load only
 * what must be there.
 */
public final class SocketFilter {
  /** {@code struct sock_filter}. */
  private static final int INSTRUCTION_BYTES = 8;

  /** {@code BPF_MAXINSNS}. */
  private static final int MOST_INSTRUCTIONS = 4096;

  private static final int LOAD_HALF = 0x28; // BPF_LD | BPF_H | BPF_ABS
  private static final int LOAD_BYTE = 0x30; // BPF_LD | BPF_B | BPF_ABS
  private static final int LOAD_EXTENSION = 0x20; // BPF_LD | BPF_W | BPF_ABS
  private static final int LOAD_WORD_AT = 0x40; // BPF_LD | BPF_W | BPF_IND
  private static final int LOAD_NUMBER = 0x00; // BPF_LD | BPF_IMM
  private static final int LOAD_X_NUMBER = 0x01; // BPF_LDX | BPF_IMM
  private static final int COPY_TO_X = 0x07; // BPF_MISC | BPF_TAX
  private static final int JUMP = 0x05; // BPF_JMP | BPF_JA
  private static final int JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  private static final int RETURN = 0x06; // BPF_RET | BPF_K

  /** {@code SKF_AD_OFF + SKF_AD_NLATTR}, and {@code SKF_AD_NLATTR_NEST}. */
  private static final int ATTRIBUTE = -0x1000 + 12;

  private static final int NESTED_ATTRIBUTE = -0x1000 + 16;

  private static final int WHOLE = -1;

  private final List<Instruction> instructions;

  private record Instruction(int code, int ifTrue, int ifFalse, int number) {}

  private SocketFilter(List<Instruction> instructions) {
    this.instructions = instructions;
  }

  /** How many bytes {@link #write} writes. */
  public int bytes() {
    return instructions.size() * INSTRUCTION_BYTES;
  }

  /** How many instructions it has. */
  public int length() {
    return instructions.size();
  }

  /** Writes the instructions as the kernel takes them, into a buffer of host order. */
  public void write(ByteBuffer to) {
    for (Instruction each : instructions) {
      to.putShort((short) each.code)
          .put((byte) each.ifTrue)
          .put((byte) each.ifFalse)
          .putInt(each.number);
    }
  }

  /** A place in a program. */
  public static final class Label {
    private int at = -1;
  }

  /** Puts a program together. Each load goes to the one register that is compared. */
  public static final class Builder {
    private final List<Instruction> instructions = new ArrayList<>();

    /** Where jumps lead, by their index. */
    private final List<Label> targets = new ArrayList<>();

    private Builder add(int code, int ifTrue, int ifFalse, int number) {
      instructions.add(new Instruction(code, ifTrue, ifFalse, number));
      targets.add(NOWHERE);
      return this;
    }

    private Builder add(int code, int number) {
      return add(code, 0, 0, number);
    }

    /** Loads two bytes of the message, in network order. */
    public Builder loadHalf(int offset) {
      return add(LOAD_HALF, offset);
    }

    /** Loads one byte of the message. */
    public Builder loadByte(int offset) {
      return add(LOAD_BYTE, offset);
    }

    /** Loads the offset of the first attribute of a type, from an offset on; 0 if there is none. */
    public Builder findAttribute(int from, int type) {
      return add(LOAD_NUMBER, from).add(LOAD_X_NUMBER, type).add(LOAD_EXTENSION, ATTRIBUTE);
    }

    /** Loads the offset of an attribute within the one that the loaded offset is of; or 0. */
    public Builder findNested(int type) {
      return add(LOAD_X_NUMBER, type).add(LOAD_EXTENSION, NESTED_ATTRIBUTE);
    }

    /** Keeps the loaded number, for {@link #loadWordAt}. */
    public Builder keep() {
      return add(COPY_TO_X, 0);
    }

    /** Loads four bytes in network order, so many behind the offset that was kept. */
    public Builder loadWordAt(int further) {
      return add(LOAD_WORD_AT, further);
    }

    /** Goes on at {@code to}, which lies ahead, if the loaded number is this one. */
    public Builder ifEqual(int number, Label to) {
      // A conditional jump reaches 255 instructions, an unconditional one all.
      return add(JUMP_IF_EQUAL, 0, 1, number).jump(to);
    }

    /** Goes on at {@code to}, which lies ahead, unless the loaded number is this one. */
    public Builder unlessEqual(int number, Label to) {
      return add(JUMP_IF_EQUAL, 1, 0, number).jump(to);
    }

    /** Goes on at {@code to}, which lies ahead. */
    public Builder jump(Label to) {
      instructions.add(new Instruction(JUMP, 0, 0, 0));
      targets.add(to);
      return this;
    }

    /** What follows is at this place. */
    public Builder place(Label label) {
      label.at = instructions.size();
      return this;
    }

    /** Ends the program: the socket gets the message. */
    public Builder accept() {
      return add(RETURN, WHOLE);
    }

    /** Ends the program: the socket does not get the message. */
    public Builder refuse() {
      return add(RETURN, 0);
    }

    /**
     * The program.
     *
     * @throws IllegalArgumentException if it is longer than the kernel takes (4096 instructions)
     */
    public SocketFilter build() {
      if (instructions.size() > MOST_INSTRUCTIONS) {
        throw new IllegalArgumentException(
            instructions.size() + " instructions; the kernel takes " + MOST_INSTRUCTIONS);
      }
      List<Instruction> program = new ArrayList<>();
      for (int i = 0; i < instructions.size(); i++) {
        Label target = targets.get(i);
        Instruction each = instructions.get(i);
        if (target != NOWHERE) {
          if (target.at <= i) {
            throw new IllegalStateException("a jump that leads nowhere, or back");
          }
          each = new Instruction(each.code, 0, 0, target.at - i - 1);
        }
        program.add(each);
      }
      return new SocketFilter(List.copyOf(program));
    }
  }

  private static final Label NOWHERE = new Label();
}
