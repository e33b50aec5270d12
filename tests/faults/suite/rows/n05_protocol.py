"""The cache's protocol in fake time (N5, and row 29: calls that come late, twice or never) and
explored exhaustively (N6). Both are tests of common/cache; here they get the tier's counts."""
import os
import re
import subprocess

from goals import Goal, none_of


def gtest(house, name, env, chosen="*"):
    """What a test of common/cache printed, and whether it passed."""
    done = subprocess.run([os.path.join(house.build, "common", "cache", name),
                           "--gtest_filter=" + chosen], env=dict(os.environ, **env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout[-4000:], flush=True)
    return done.stdout, done.returncode == 0


def simulator(house, tier, rng):
    histories, bad, counts = 0, [], None
    first = rng.randrange(1, 1 << 40)
    for round_ in tier.rounds(1, 500):
        seed = first + round_ * 2000
        text, passed = gtest(house, "cache_simulator_test",
                             {"RAPPORT_FIRST_SEED": str(seed), "RAPPORT_HISTORIES": "2000"},
                             "CacheSimulator.*")
        bad += re.findall(r"RAPPORT_SEED=\d+", text)
        if not passed and not bad:
            bad.append("see above")
        histories += 2000
        counts = re.search(r"(\d+) reads \((\d+) hits.*", text)
    text, passed = gtest(house, "cache_simulator_test", {}, "*Flaw*")
    flaws = re.findall(r"noticed after (\d+) histories", text)
    bound = 2000 if tier.name == "C" else 1_000_000
    return [
        Goal("N5", f"histories in fake time with a stale read, seeds {first} and on; the last "
             f"2,000: {counts.group(0) if counts else '?'}", "; ".join(bad) or none_of(0, histories),
             f"0 of {bound:,}", not bad and (tier.name == "C" or histories > 0)),
        Goal("29", f"flaws built in that the simulator notices, at most after "
             f"{max(map(int, flaws), default=0)} histories", str(len(flaws)), "9",
             passed and len(flaws) == 9)]


def model(house, tier):
    scale = {"RAPPORT_MODEL": "full"} if tier.name == "S" else {}
    text, passed = gtest(house, "cache_model_test", scale)
    explored = re.findall(r"^(\S+) +(holds|G1 broken|G2 broken), (\d+) states", text, re.M)
    mutants = {name for name, verdict, _ in explored if verdict != "holds"}
    sound = [(name, int(states)) for name, verdict, states in explored if name not in mutants]
    return [
        Goal("N6", f"configurations of the model explored to the end without a stale read, "
             f"{sum(states for _, states in sound):,} states", str(len(sound)), ">= 15",
             passed and len(sound) >= 15),
        Goal("N6", "mutants of the protocol found broken", str(len(mutants)), ">= 22",
             passed and len(mutants) >= 22)]


def run(house_factory, tier, rng):
    with house_factory(engine="sqlite", start=False) as house:
        return simulator(house, tier, rng) + model(house, tier)
