"""Which addresses a process and its children listen on, by Linux's /proc."""

from pathlib import Path


def listening(pid):
    """The addresses on which a process and all below it listen."""
    mine = {number for process in family(pid) for number in sockets(process)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in mine:
                found.add(address(fields[1]))
    return found


def family(pid):
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def sockets(pid):
    """The inode numbers of a process's sockets."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # closed since it was listed
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def address(hexadecimal):
    """127.0.0.1 and 8000 for 0100007F:1F40; an IPv6 address stays in hexadecimal."""
    host, port = hexadecimal.split(":")
    shown = ".".join(str(byte) for byte in reversed(bytes.fromhex(host))) if len(host) == 8 else host
    return shown, int(port, 16)
