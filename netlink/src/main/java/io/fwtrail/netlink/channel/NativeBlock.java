package io.fwtrail.netlink.channel;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory outside the heap at a fixed address, for structures that system calls read and write. */
final class NativeBlock {
  private final long address;
  private final ByteBuffer view;
  private boolean freed;

  private NativeBlock(int size) {
    address = Native.malloc(size);
    if (address == 0) {
      throw new OutOfMemoryError(size + " bytes of native memory");
    }
    view = new Pointer(address).getByteBuffer(0, size).order(ByteOrder.nativeOrder());
  }

  /** Memory of zeros. */
  static NativeBlock zeroed(int size) {
    NativeBlock block = new NativeBlock(size);
    new Pointer(block.address).clear(size);
    return block;
  }

  /** Memory that holds anything: where it is large and mostly never touched. */
  static NativeBlock untouched(int size) {
    return new NativeBlock(size);
  }

  long address() {
    return address;
  }

  /** The memory, in host order. Not to be touched after {@link #free}. */
  ByteBuffer view() {
    return view;
  }

  void free() {
    if (!freed) {
      freed = true;
      Native.free(address);
    }
  }
}
