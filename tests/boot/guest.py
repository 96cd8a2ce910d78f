# SPDX-License-Identifier: MIT
"""Drives a booted image over its console: User Mode Linux, or QEMU through `ingot run --shell`.

The machine's shell (`ingot.shell`) reads one command at a time from the console. Each command's output goes to a file
first and is printed between two marker lines, so that PID 1's own lines never land in the middle of it. Nothing here
sleeps: every wait is for a line of the console, the end of a process, or a deadline.
"""
import json
import os
import re
import secrets
import select
import shlex
import signal
import subprocess
import time

BOOT_S = 60      # from the start to the shell; far more than it takes, for busy hosts
COMMAND_S = 30   # for one command
TAIL_LINES = 60  # of the console, in a failure's message
PROMPT = r"\S* # "
SAYS = "ingot: "  # what PID 1's own lines begin with


class GuestError(AssertionError):
    """A deadline that passed or a machine that ended; its text carries the console's last lines."""


class Result:
    """What a command printed, without the last newline, and its exit status."""

    def __init__(self, out, status):
        self.out = out
        self.status = status

    def __repr__(self):
        return f"<exit {self.status}: {self.out!r}>"

    def __iter__(self):
        return iter((self.out, self.status))


class Guest:
    """One machine. `lines` is all that its console said, without the ends of lines."""

    def __init__(self, argv, name, env=None):
        self.name = name
        self.lines = []
        self.started = time.monotonic()
        self._token = secrets.token_hex(4)
        self._count = 0
        self._shown = 0  # lines of the console that an earlier shell may have written
        self._partial = b""
        self._eof = False
        self._echoes = False  # the shell, what we send
        self.lost = False  # a command has not come back: the shell takes no more of them
        # a session of its own: its id is what stop() kills, with all that was started below it
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env=env, start_new_session=True, bufsize=0)
        os.set_blocking(self.process.stdin.fileno(), False)

    # ---- the console ----

    def tail(self):
        shown = [line for line in self.lines if self._token not in line][-TAIL_LINES:]
        return f"the console of {self.name}:\n  " + "\n  ".join(shown + [self._partial.decode("utf-8", "replace")])

    def _fail(self, what):
        raise GuestError(f"{what}\n{self.tail()}")

    def _pump(self, deadline, *others):
        """Takes in what the console says until at least one thing came; False at the deadline or the end of file, and
        where one of the other descriptors has something and the console has not."""
        if self._eof:
            return False
        left = deadline - time.monotonic()
        console = self.process.stdout
        if left <= 0 or console not in select.select([console, *others], [], [], left)[0]:
            return False
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            self._eof = True
            return False
        parts = (self._partial + data).split(b"\n")
        self._partial = parts.pop()
        for part in parts:
            # a line of PID 1 may stand behind the shell's prompt, and anywhere in the echo of what we sent, as the
            # shell echoes key by key: it is one of its own
            text = part.rstrip(b"\r").decode("utf-8", "replace")
            before = ".+?" if self._echoes else PROMPT + ".*?"
            behind = re.match(f"({before})({SAYS}.*)", text)
            self.lines += behind.groups() if behind else [text]
        return True

    def mark(self):
        """A place in the console, for `since`."""
        return len(self.lines)

    def wait_line(self, pattern, since=0, timeout=COMMAND_S):
        """The match of the first line at or behind `since` in which the pattern is found."""
        deadline = time.monotonic() + timeout
        at = since
        while True:
            for at in range(at, len(self.lines)):
                match = re.search(pattern, self.lines[at])
                if match:
                    return match
            at = len(self.lines)
            if not self._pump(deadline):
                self._fail(f"no line {pattern!r} " + ("before the end" if self._eof else f"within {timeout} s"))

    def said(self, since=0):
        """PID 1's lines at or behind `since`, without what they begin with."""
        return [line[len(SAYS):] for line in self.lines[since:] if line.startswith(SAYS)]

    # ---- commands ----

    def send(self, text):
        data = text.encode()
        while data:
            if not select.select([], [self.process.stdin], [], COMMAND_S)[1]:
                self._fail("the console takes no more keys")
            try:
                data = data[os.write(self.process.stdin.fileno(), data):]
            except BrokenPipeError:
                self._fail("the machine has ended")

    def connect(self, timeout=BOOT_S):
        """Waits for the shell and makes it one that neither prompts nor echoes: it reads the console as a script."""
        deadline = time.monotonic() + timeout
        # the prompt may have been followed at once by a line of PID 1's own
        while b"# " not in self._partial and not any(re.match(PROMPT, line) for line in self.lines[self._shown:]):
            if not self._pump(deadline):
                self._fail("no shell on the console")
        ready = f"ready-{self._token}"
        self._echoes = True
        # in two parts, so that the echo of this very line is not taken for the answer; nothing more is sent before
        # that, as its echo could stand in front of a line of PID 1's
        self.send(f"stty -echo cols 10000; echo rea\"\"dy-{self._token}; exec sh /proc/self/fd/0\n")
        self.wait_line(f"^{ready}$", timeout=max(deadline - time.monotonic(), 1))
        self._echoes = False
        self._shown = self.mark()
        return self

    def run(self, command, timeout=COMMAND_S):
        """Runs a command line in the machine's shell; returns its output, standard error included, and its status."""
        self._count += 1
        begin, end = (f"@{self._token} {word} {self._count}" for word in ("begin", "end"))
        since = self.mark()
        self.send(f"sh -c {shlex.quote(command)} </dev/null >/tmp/.out 2>&1; s=$?\n"
                  f"echo; echo '{begin}'; cat /tmp/.out; echo; echo '{end}' $s\n")
        self.lost = True
        match = self.wait_line(f"^{end} ([0-9]+)$", since=since, timeout=timeout)
        self.lost = False
        lines = self.lines[since:]
        first = lines.index(begin) + 1
        last = next(i for i, line in enumerate(lines) if line.startswith(end + " "))
        out = "\n".join(line for line in lines[first:last] if not line.startswith(SAYS))
        return Result(out.rstrip("\n"), int(match.group(1)))

    def ok(self, command, timeout=COMMAND_S):
        """The output of a command that must end with status 0."""
        result = self.run(command, timeout)
        if result.status != 0:
            self._fail(f"{command}: {result!r}")
        return result.out

    def until(self, command, wanted, timeout=COMMAND_S):
        """Asks anew until wanted(output) holds; the command's way to the machine and back is the pause."""
        deadline = time.monotonic() + timeout
        while True:
            out = self.run(command).out
            if wanted(out):
                return out
            if time.monotonic() > deadline:
                self._fail(f"{command}: not as wanted within {timeout} s, at last:\n{out}\n")

    # ---- ingotctl ----

    def services(self):
        """ingotctl status --json, by name."""
        return {s["name"]: s for s in json.loads(self.ok("ingotctl status --json"))["services"]}

    def service(self, name):
        return json.loads(self.ok(f"ingotctl status {name} --json"))["services"][0]

    def until_service(self, name, wanted, timeout=COMMAND_S):
        out = self.until(f"ingotctl status {name} --json", lambda text: wanted(json.loads(text)["services"][0]),
                         timeout)
        return json.loads(out)["services"][0]

    def main_pid(self, name):
        """Of the service's program, the stub's only child; waits for it where the service was started just now."""
        return self.until(f"pgrep -P {self.service(name)['pid']}", lambda text: text.isdigit())

    def exec(self, name, command, timeout=COMMAND_S):
        """A shell command inside a service."""
        return self.run(f"ingotctl exec {name} -- /bin/sh -c {shlex.quote(command)}", timeout)

    def exec_ok(self, name, command, timeout=COMMAND_S):
        result = self.exec(name, command, timeout)
        if result.status != 0:
            self._fail(f"in {name}: {command}: {result!r}")
        return result.out

    def shell(self, name, command, timeout=COMMAND_S):
        """The same where the service's root has no shell: ingotctl brings one, which reads the command as its input."""
        result = self.run(f"echo {shlex.quote(command)} | ingotctl exec {name}", timeout)
        if result.status != 0:
            self._fail(f"in {name}: {command}: {result!r}")
        return result.out

    # ---- the end ----

    def wait_end(self, timeout=COMMAND_S):
        """The exit status of the machine's process; all that it wrote until then is in `lines`. Its console may be open
        for longer: of a machine that ends in the middle of things, User Mode Linux leaves processes behind."""
        deadline = time.monotonic() + timeout
        ended = os.pidfd_open(self.process.pid)
        try:
            while self._pump(deadline, ended):
                pass
        finally:
            os.close(ended)
        try:
            status = self.process.wait(max(deadline - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            self._fail(f"the machine did not end within {timeout} s")
        if self._partial:
            self.lines.append(self._partial.rstrip(b"\r").decode("utf-8", "replace"))
            self._partial = b""
        return status

    def stop(self):
        """Ends whatever is left of it. The QEMU of `ingot run` has a session of its own, and ends with its parent."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


def uml(kernel, initrd, folder, words="ingot.shell", memory="256M", panic=-1, disk=None):
    """An image under User Mode Linux; folder is where it keeps its sockets, so that none lie in the home folder.
    disk is the file behind the machine's /dev/ubda."""
    argv = [str(kernel), f"mem={memory}", f"initrd={initrd}", "con=null", "con0=fd:0,fd:1", "quiet", f"panic={panic}",
            f"uml_dir={folder}/", "rdinit=/init"] + words.split() + ([f"ubd0={disk}"] if disk else [])
    return Guest(argv, os.path.basename(os.path.dirname(str(initrd))), env={**os.environ, "TMPDIR": str(folder)})


def qemu(argv, name, env=None):
    """An image under QEMU: argv is a whole `ingot run`, whose words begin with "ingot: " as PID 1's do."""
    return Guest([str(word) for word in argv], name, env)
