# SPDX-License-Identifier: GPL-2.0-only
"""ends: the ends of a measurement: this domain and its guests, and how commands are run there."""
import os
import shlex
import shutil
import socket
import subprocess
import time


class Trouble(Exception):
    """Cause and remedy."""

    def __init__(self, cause, remedy):
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy


class Here:
    """This domain, and what all ends have in common."""

    name, address, runs = "here", None, True

    def command(self, words):
        return words

    def run(self, words, timeout):
        command = self.command(words)
        try:
            p = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                               stdin=subprocess.DEVNULL)
        except FileNotFoundError as e:
            raise Trouble(f"the program '{command[0]}' is not installed", "apt-get install " +
                          {"ping": "iputils-ping", "ip": "iproute2", "ssh": "openssh-client"}.get(command[0], command[0])) from e
        except subprocess.TimeoutExpired as e:
            raise Trouble(f"{shlex.join(command)[:60]}... did not end in {timeout:.0f} s",
                          "look whether the guest is alive (xl list, xl console)") from e
        return p.returncode, p.stdout, p.stderr


class Guest(Here):
    """An address where iperf3 listens; nothing can be started there."""

    runs = False

    def __init__(self, name, address):
        self.name, self.address, self.started = name, address, False
        self.pid_file = f"/tmp/krypton-netbench.{os.getpid()}.{address}"

    def listens(self, port):
        try:
            with socket.create_connection((self.address, port), timeout=3):
                pass
            # iperf3 takes that for a client, and needs a moment to see that it is none.
            time.sleep(0.3)
            return True
        except OSError:
            return False

    def prepare(self, port):
        if self.listens(port):
            return
        if not self.runs:
            raise Trouble(f"{self.name} ({self.address}) does not take connections on port {port}",
                          f"run 'iperf3 -s -D -p {port}' in it (and open the port in its firewall), "
                          "or give the guest as ssh:USER@HOST")
        status, out, err = self.run(["iperf3", "-s", "-D", "-p", str(port), "-I", self.pid_file], 20)
        if status:
            self.no_command(status, (err or out).strip())
        self.started = True
        end = time.time() + 5
        while not self.listens(port):
            if time.time() > end:
                raise Trouble(f"iperf3 was started in {self.name}, but {self.address} port {port} is "
                              "not to be reached", "look at the guest's firewall and its address")
            time.sleep(0.1)

    def no_command(self, status, text):
        if status == 127 or "not found" in text or 'exec of "iperf3" failed' in text:
            raise Trouble(f"{self.name} has no iperf3", "apt-get install iperf3 there")
        raise Trouble(f"no command can be run in {self.name}: {text or f'status {status}'}",
                      "try it by hand: " + shlex.join(self.command(["true"])))

    def finish(self):
        if self.started:
            try:
                self.run(["sh", "-c", f"kill $(cat {self.pid_file}); rm -f {self.pid_file}"], 10)
            except Trouble:
                pass  # a guest that is gone has no server any more


class Ssh(Guest):
    runs = True

    def __init__(self, name, target, address):
        super().__init__(name, address or target.split("@")[-1])
        self.target = target

    def command(self, words):
        return ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", self.target, shlex.join(words)]


class Namespace(Guest):
    runs = True

    def __init__(self, name, space, address):
        super().__init__(name, address)
        self.space = space

    def command(self, words):
        return ["ip", "netns", "exec", self.space] + words


class Agent(Guest):
    """A test guest: a command is written to data/cmd, its output (1500 bytes) and status come back."""

    runs = True

    def __init__(self, name, domain, address):
        super().__init__(name, address)
        self.domain = domain

    def run(self, words, timeout):
        status, out, _ = Here().run(["xl", "domid", self.domain], 20)
        if status:
            raise Trouble(f"there is no guest '{self.domain}'", "look at xl list")
        base = f"/local/domain/{out.strip()}/data/"

        def store(*more):
            return Here().run(["xenstore-" + more[0], *more[1:]], 20)[1].strip()
        number = int((store("read", base + "cmd").split() or ["0"])[0]) + 1
        store("write", base + "cmd", f"{number} {shlex.join(words)} | tr -d ' \\t\\n' | tail -c 1450")
        end = time.time() + timeout
        while time.time() < end:
            answer = store("read", base + "ret").split()
            if answer and answer[0] == str(number):
                return int(answer[1]), store("read", base + "out"), ""
            time.sleep(0.2)
        raise Trouble(f"{self.name} did not answer in {timeout:.0f} s", "look at xl console " + self.domain)


def parse_guest(text):
    name, _, rest = text.rpartition("=")
    kind, sep, place = rest.partition(":")
    target, _, address = place.partition("/")
    if sep and kind == "ssh" and target:
        return Ssh(name or target.split("@")[-1], target, address)
    if sep and kind in ("netns", "xs") and target and address:
        return (Namespace if kind == "netns" else Agent)(name or target, target, address)
    if sep and kind in ("ssh", "netns", "xs"):
        raise Trouble(f"'{text}' is not a guest", f"write {kind}:NAME/ADDRESS (see --help)")
    return Guest(name or rest, rest)


def running_guests():
    """The guests of this host that have a known address, and the names of the others."""
    def lines(*words):
        try:
            return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout.splitlines()
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return []
    if not shutil.which("xl"):
        raise Trouble("no guest was given, and there is no xl here to find them with",
                      "name the guests (see --help), or run this in dom0")
    found, left_out = [], []
    neighbours = [x.split() for x in lines("ip", "neigh")]
    for line in lines("xl", "list")[1:]:
        name, domid = line.split()[:2]
        if domid == "0":
            continue
        base = f"/local/domain/{domid}"
        address = next((a for key in ("/attr/vif/0/ipv4/0", "/attr/eth0/ip")
                        for a in lines("xenstore-read", base + key)), None)
        if not address:
            mac = next(iter(lines("xenstore-read", base + "/device/vif/0/mac")), "none").lower()
            address = next((n[0] for n in neighbours if mac in n and "." in n[0]), None)
        if address:
            found.append(Guest(name, address))
        else:
            left_out.append(name)
    if not found:
        raise Trouble("no running guest with a known address was found" +
                      (": none is known of " + ", ".join(left_out) if left_out else ""),
                      "look at xl list; name the guests with their addresses (see --help)")
    return found, left_out
