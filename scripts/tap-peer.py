"""
A real machine on a simulated switch: the kernel of this computer, behind a TAP card in a network namespace of its own.

    unshare --net --mount python3 scripts/tap-peer.py SOCKET COMMAND [ARGUMENT ...]

Listens at SOCKET until `npm run -s sim -- ... --tap SWITCH=SOCKET` connects, runs COMMAND while it carries frames between
the card "sim0" and the socket (4 bytes of length, big-endian, and the frame; both ways), and ends with COMMAND's status.
Linux; needs /dev/net/tun and the right to make a namespace.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
# Whole frames without a header of the driver's: so the kernel itself fills in every checksum and cuts every segment.
IFF_NO_PI = 0x1000


def open_card(name):
    card = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(card, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TAP | IFF_NO_PI))
    return card


def set_up(name):
    """What `ip link set NAME up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", name.encode(), 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, 0x8913, request))[1]
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", name.encode(), flags | 1))


def main(path, command):
    # The kernel's own chatter in IPv6 is not what is to be seen.
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as setting:
        setting.write("1")
    card = open_card("sim0")
    set_up("lo")
    set_up("sim0")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    line, _ = listener.accept()
    os.unlink(path)
    child = subprocess.Popen(command)
    waiting = b""
    while child.poll() is None:
        ready, _, _ = select.select([card, line], [], [], 0.05)
        if card in ready:
            try:
                frame = os.read(card, 65536)
                line.sendall(struct.pack(">I", len(frame)) + frame)
            except BlockingIOError:
                pass
        if line in ready:
            chunk = line.recv(65536)
            if not chunk:
                child.terminate()
                sys.exit("the simulation has ended")
            waiting += chunk
            while len(waiting) >= 4:
                length = struct.unpack(">I", waiting[:4])[0]
                if len(waiting) < 4 + length:
                    break
                try:
                    os.write(card, waiting[4 : 4 + length])
                except OSError:
                    pass
                waiting = waiting[4 + length :]
    line.close()
    return child.returncode


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
