"""A gate: a small proxy in front of one dependency of one process, which a test opens, closes and
bends. It listens on a free loopback port and speaks to a unix socket or to a TCP port. Some ten
thousand messages a second pass; all gates of a house share one thread."""
import collections
import dataclasses
import heapq
import itertools
import random
import selectors
import socket
import struct
import threading
import time


@dataclasses.dataclass
class Rule:
    """What happens to one direction. `up` is from the client to the server, `down` the replies."""
    delay: float = 0.0  # seconds that everything is late, throughput unharmed
    jitter: float = 0.0  # up to so many seconds more, in order all the same
    rate: float = 0.0  # bytes a second; 0: no limit
    slice: int = 0  # hand over pieces of so many bytes; 0: as they come
    hold: bool = False  # nothing passes (and comes late when the gate opens), nothing is refused
    reset_chance: float = 0.0  # of each message: a part of it passes, then both sides are reset
    half_close_chance: float = 0.0  # of each message: a part passes, then this direction ends


_BUFFERED = 1 << 20  # bytes under way in one direction before its source has to wait


class _Lane:
    """One direction of a connection."""

    def __init__(self, link, way):
        self.link = link
        self.way = way
        self.pieces = collections.deque()  # (due, bytes); b"" is the end
        self.size = 0
        self.last_due = 0.0
        self.free_at = 0.0  # when a limited rate lets the next piece go
        self.blocked = False  # the sink takes no more for now
        self.timer = None
        self.closed = False  # nothing goes out any more

    def source(self):
        return self.link.client if self.way == "up" else self.link.server

    def sink(self):
        return self.link.server if self.way == "up" else self.link.client

    def rule(self):
        return self.link.gate.rules[self.way]


class _Link:
    """One connection through a gate."""

    def __init__(self, gate, client):
        self.gate = gate
        self.client = client
        self.server = None  # not before the gate lets something pass
        self.lanes = {"up": _Lane(self, "up"), "down": _Lane(self, "down")}
        self.ended = set()  # directions whose source has closed


class Gate:
    """Thread-safe from the test's side. `rules` holds for what passes from now on."""

    def __init__(self, hall, upstream, rng):
        self._hall = hall
        self.rng = rng
        self.upstream = upstream  # path of a unix socket, or (host, port)
        self.rules = {"up": Rule(), "down": Rule()}
        self.links = set()
        self.resets = self.half_closes = self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def set(self, up=None, down=None):
        """New rules for one or both directions; a direction that is not named keeps its own."""
        def change():
            self.rules = {"up": up or self.rules["up"], "down": down or self.rules["down"]}
            for link in list(self.links):
                self._hall.revive(link)
        self._hall.call(change)

    def both(self, **rule):
        self.set(up=Rule(**rule), down=Rule(**rule))

    def heal(self):
        self.both()

    def blackhole(self):
        """Neither refuses nor answers; what was sent meanwhile arrives late, as TCP would have it."""
        self.both(hold=True)

    def reset_all(self):
        """RST for every connection; new ones are accepted."""
        self._hall.call(lambda: [self._hall.reset(link) for link in list(self.links)])

    def point(self, upstream, reset=False):
        """New connections go there; with `reset`, the old ones end at once."""
        def change():
            self.upstream = upstream
            if reset:
                for link in list(self.links):
                    self._hall.reset(link)
        self._hall.call(change)


class Hall:
    """The thread that all gates of a house live on."""

    def __init__(self):
        self.gates = []
        self._selector = selectors.DefaultSelector()
        self._inbox, self._bell = socket.socketpair()
        self._inbox.setblocking(False)
        self._selector.register(self._inbox, selectors.EVENT_READ, None)
        self._commands = collections.deque()
        self._timers = []
        self._count = itertools.count()
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def gate(self, upstream, seed):
        gate = Gate(self, upstream, random.Random(seed))
        self.gates.append(gate)
        self.call(lambda: self._selector.register(gate.listener, selectors.EVENT_READ, gate))
        return gate

    def call(self, function):
        """Runs it on the gates' thread and waits for it."""
        done = threading.Event()
        self._commands.append((function, done))
        self._bell.send(b"!")
        if not done.wait(20):
            raise RuntimeError("the gates' thread does not answer")

    def close(self):
        self.call(lambda: setattr(self, "_over", True))
        self._thread.join(20)
        for gate in self.gates:
            for link in list(gate.links):
                self.reset(link)
            gate.listener.close()
        self._selector.close()
        self._inbox.close()
        self._bell.close()

    # Everything below happens on the thread.

    def _run(self):
        while not self._over:
            wait = None
            if self._timers:
                wait = max(0.0, self._timers[0][0] - time.monotonic())
            for key, events in self._selector.select(wait):
                if key.data is None:
                    self._obey()
                elif isinstance(key.data, Gate):
                    self._accept(key.data)
                else:
                    self._moved(key.data, key.fileobj, events)
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                lane = heapq.heappop(self._timers)[2]
                lane.timer = None
                self._flush(lane)

    def _obey(self):
        self._inbox.recv(4096)
        while self._commands:
            function, done = self._commands.popleft()
            function()
            done.set()

    def _accept(self, gate):
        try:
            client, _ = gate.listener.accept()
        except OSError:
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        gate.connections += 1
        link = _Link(gate, client)
        gate.links.add(link)
        self.revive(link)

    def revive(self, link):
        """After a change of rules, and at first."""
        if link.server is None and not link.gate.rules["up"].hold:
            self._dial(link)
        if link in link.gate.links:
            for lane in link.lanes.values():
                self._flush(lane)

    def _dial(self, link):
        upstream = link.gate.upstream
        unix = isinstance(upstream, str)
        link.server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
        try:
            link.server.settimeout(1)  # on one machine it is there or it is not
            link.server.connect(upstream)
        except OSError:
            self.reset(link)
            return
        link.server.setblocking(False)
        self._watch(link)

    def _watch(self, link):
        """Asks the selector for what the two lanes need."""
        for sock, incoming, outgoing in ((link.client, "up", "down"), (link.server, "down", "up")):
            if sock is None:
                continue
            wanted = 0
            if incoming not in link.ended and link.lanes[incoming].size < _BUFFERED:
                wanted |= selectors.EVENT_READ
            if link.lanes[outgoing].blocked:
                wanted |= selectors.EVENT_WRITE
            registered = sock.fileno() in self._selector.get_map()
            if wanted and registered:
                self._selector.modify(sock, wanted, link)
            elif wanted:
                self._selector.register(sock, wanted, link)
            elif registered:
                self._selector.unregister(sock)

    def _moved(self, link, sock, events):
        if link not in link.gate.links:
            return
        incoming, outgoing = ("up", "down") if sock is link.client else ("down", "up")
        if events & selectors.EVENT_WRITE:
            link.lanes[outgoing].blocked = False
            self._flush(link.lanes[outgoing])
        if events & selectors.EVENT_READ and link in link.gate.links:
            self._receive(link.lanes[incoming])

    def _receive(self, lane):
        try:
            data = lane.source().recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.reset(lane.link)
            return
        rule = lane.rule()
        due = time.monotonic() + rule.delay + rule.jitter * lane.link.gate.rng.random()
        lane.last_due = max(lane.last_due, due)  # in order
        lane.pieces.append((lane.last_due, data))
        lane.size += len(data)
        if not data:
            lane.link.ended.add(lane.way)
        self._flush(lane)

    def _flush(self, lane):
        """Hands on what may go now, and sets a timer for what may go later."""
        link = lane.link
        while lane.pieces and not lane.blocked and not lane.closed and link.server is not None:
            rule = lane.rule()
            if rule.hold:
                break
            due, data = lane.pieces[0]
            due = max(due, lane.free_at)
            if due > time.monotonic():
                if lane.timer is None:
                    lane.timer = due
                    heapq.heappush(self._timers, (due, next(self._count), lane))
                break
            lane.pieces.popleft()
            lane.size -= len(data)
            if not self._hand_on(lane, data, rule):
                return
        if link in link.gate.links:
            self._watch(link)

    def _hand_on(self, lane, data, rule):
        """False if the connection is gone."""
        link = lane.link
        if not data:
            self._end(lane)
            return link in link.gate.links
        dice = link.gate.rng.random()
        fate = None
        if dice < rule.reset_chance:
            fate = "reset"
        elif dice < rule.reset_chance + rule.half_close_chance:
            fate = "half-close"
        size = len(data)
        if fate is not None:
            size = link.gate.rng.randrange(len(data))
        elif rule.slice or rule.rate:
            size = min(size, rule.slice or max(1, int(rule.rate / 50)))
        try:
            sent = lane.sink().send(data[:size]) if size else 0
        except BlockingIOError:
            sent, lane.blocked, fate = 0, True, None
        except OSError:
            self.reset(link)
            return False
        if rule.rate:
            lane.free_at = time.monotonic() + sent / rule.rate
        if fate == "reset":
            link.gate.resets += 1
            self.reset(link)
            return False
        if fate == "half-close":
            link.gate.half_closes += 1
            lane.pieces.clear()
            lane.size = 0
            self._end(lane)
            return link in link.gate.links
        if sent < len(data):
            lane.pieces.appendleft((0.0, data[sent:]))
            lane.size += len(data) - sent
        return True

    def _end(self, lane):
        """This direction is over; the connection, when both are."""
        lane.closed = True
        try:
            lane.sink().shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if all(other.closed for other in lane.link.lanes.values()):
            self.reset(lane.link)

    def reset(self, link):
        """Closes with RST instead of FIN, where the protocol has one."""
        link.gate.links.discard(link)
        for lane in link.lanes.values():
            lane.closed = True
            lane.pieces.clear()
        for sock in (link.client, link.server):
            if sock is None or sock.fileno() < 0:
                continue
            if sock.fileno() in self._selector.get_map():
                self._selector.unregister(sock)
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
            sock.close()
