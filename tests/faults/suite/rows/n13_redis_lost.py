"""What it costs when Redis is dead or hangs, measured beside a house that has no Redis."""
import time

from goals import within, zero

SECONDS = {"C": 3.0, "S": 30.0}


def _took(load, kinds, begin, end=float("inf")):
    """Seconds of the calls that began between two instants, sorted."""
    return sorted((c["d"] - c["b"]) / 1e9 for c in load.result.calls
                  if c["o"] in kinds and "d" in c and c["c"] != 99 and begin <= c["b"] / 1e9 < end)


def _p99(times):
    return times[int(0.99 * (len(times) - 1))] if times else float("nan")


def _now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _without_redis(house_factory, seconds):
    """Calls a second at most, and p99 of reads and writes at half of it."""
    with house_factory(redis=False) as house:
        with house.load(rate=0, writes=0.1) as full:
            before, began = full.reads + full.acks, _now()
            time.sleep(seconds)  # the length of a measurement
            capacity = (full.reads + full.acks - before) / (_now() - began)
        with house.load(rate=int(capacity / 2), writes=0.1, keep_calls=True) as half:
            began = _now()
            time.sleep(seconds)
    return capacity, _p99(_took(half, "r", began)), _p99(_took(half, "w", began))


def run(house_factory, tier, rng):
    seconds = SECONDS[tier.name]
    capacity, read_alone, write_alone = _without_redis(house_factory, seconds)
    losses = []
    with house_factory() as house:
        house.wait_cache_on()
        with house.load(rate=int(capacity / 2), writes=0.1, keep_calls=True) as load:
            for how in ("dead", "hung"):
                load.wait_acks(50)
                began = _now()
                house.redis.kill() if how == "dead" else house.redis.pause()
                time.sleep(2.0 + seconds)  # the length of the fault
                ended = _now()
                house.redis.start() if how == "dead" else house.redis.resume()
                house.wait_cache_on()
                losses.append((how, began, ended, _now()))
            load.wait_acks(20)
    goals = load.goals("N13") + [
        zero("N13", f"reads that failed while Redis was dead or hung, at half of {capacity:,.0f} "
             "calls/s", load.result.failed_reads, load.result.reads)]
    for how, began, ended, on in losses:
        read = _p99(_took(load, "rf", began + 2, ended))
        bound = max(1.3 * read_alone, read_alone + 0.002)
        goals.append(within("N14", f"p99 of reads after 2 s, Redis {how}", read, bound))
        goals.append(within("N15", f"longest write, Redis {how}",
                            max(_took(load, "w", began - 0.2, ended)), 1.5))
        goals.append(within("N15", f"p99 of writes after 2 s, Redis {how}",
                            _p99(_took(load, "w", began + 2, ended)), 1.1 * write_alone))
        goals.append(within("N16", f"cache on again, Redis was {how}", on - ended, 10))
    return goals
