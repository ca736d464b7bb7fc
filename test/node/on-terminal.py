"""Runs a command on a terminal of its own: what comes on standard input is typed, what it shows goes to standard output."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
keys = [0]
while True:
    ready, _, _ = select.select([terminal] + keys, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(terminal, typed)
        else:
            keys = []
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
