#!/usr/bin/env python3
"""The gates do what their rules say: a fault that is not made proves nothing."""
import socket
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
from gate import Hall, Rule  # noqa: E402


class Echo:
    """Answers every line with its name and that line."""

    def __init__(self, name):
        self.name = name
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def _answer(self, link):
        try:
            with link, link.makefile("rb") as lines:
                for line in lines:
                    link.sendall(self.name + line)
        except OSError:
            pass


class GateTest(unittest.TestCase):
    def setUp(self):
        self.echo = Echo(b"one:")
        self.other = Echo(b"two:")
        self.hall = Hall()
        self.gate = self.hall.gate(self.echo.address, 1)
        self.addCleanup(self.other.listener.close)
        self.addCleanup(self.echo.listener.close)
        self.addCleanup(self.hall.close)

    def connect(self):
        link = socket.create_connection(("127.0.0.1", self.gate.port))
        self.addCleanup(link.close)
        link.settimeout(10)
        return link

    def ask(self, link, text=b"hello\n"):
        link.sendall(text)
        answer = b""
        while not answer.endswith(b"\n"):
            piece = link.recv(1 << 16)
            if not piece:
                return answer
            answer += piece
        return answer

    def test_passes(self):
        link = self.connect()
        self.assertEqual(self.ask(link), b"one:hello\n")
        large = b"x" * 3_000_000 + b"\n"
        threading.Thread(target=link.sendall, args=(large,), daemon=True).start()
        self.assertEqual(self.ask(link, b""), b"one:" + large)

    def test_delays_without_changing_the_order(self):
        self.gate.set(down=Rule(delay=0.1, jitter=0.05))
        link = self.connect()
        began = time.monotonic()
        link.sendall(b"a\nb\nc\n")
        got = b""
        while got.count(b"\n") < 3:
            got += link.recv(100)
        self.assertEqual(got, b"one:a\none:b\none:c\n")
        self.assertGreaterEqual(time.monotonic() - began, 0.1)

    def test_limits_the_rate(self):
        self.gate.set(down=Rule(rate=10_000))
        began = time.monotonic()
        self.ask(self.connect(), b"x" * 2000 + b"\n")
        self.assertGreaterEqual(time.monotonic() - began, 0.15)

    def test_slices(self):
        self.gate.set(down=Rule(slice=1))
        self.assertEqual(self.ask(self.connect()), b"one:hello\n")

    def test_holds_and_hands_over_late(self):
        link = self.connect()
        self.ask(link)
        self.gate.set(down=Rule(hold=True))
        link.sendall(b"held\n")
        link.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            link.recv(100)
        self.gate.heal()
        link.settimeout(10)
        self.assertEqual(self.ask(link, b""), b"one:held\n")

    def test_holds_new_connections_too(self):
        self.gate.blackhole()
        link = self.connect()
        link.sendall(b"x\n")
        link.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            link.recv(100)
        self.gate.heal()
        link.settimeout(10)
        self.assertEqual(self.ask(link, b""), b"one:x\n")

    def test_resets_in_the_middle_of_a_reply(self):
        self.gate.set(down=Rule(reset_chance=1.0))
        with self.assertRaises(ConnectionResetError):
            self.ask(self.connect())
        self.assertEqual(self.gate.resets, 1)

    def test_half_closes(self):
        self.gate.set(down=Rule(half_close_chance=1.0))
        answer = self.ask(self.connect())
        self.assertLess(len(answer), len(b"one:hello\n"))
        self.assertEqual(self.gate.half_closes, 1)

    def test_points_elsewhere(self):
        stays = self.connect()
        self.ask(stays)
        self.gate.point(self.other.address)
        self.assertEqual(self.ask(self.connect()), b"two:hello\n")
        self.assertEqual(self.ask(stays), b"one:hello\n")
        self.gate.point(self.other.address, reset=True)
        with self.assertRaises(ConnectionResetError):
            self.ask(stays)

    def test_refuses_as_its_upstream_does(self):
        self.gate.point("/nonexistent/socket")
        with self.assertRaises(ConnectionResetError):
            self.ask(self.connect())


if __name__ == "__main__":
    unittest.main()
