"""Connections to Redis break in the middle of a reply, replies come in slices, one side closes: no
reply is ever taken for another request's."""
from gate import Rule
from goals import Goal, zero
from load import goals_of, no_read_failed

BROKEN = (Rule(slice=1), Rule(reset_chance=0.02), Rule(slice=7), Rule(half_close_chance=0.02),
          Rule(reset_chance=0.2, half_close_chance=0.1))


def run(house_factory, tier, rng):
    results, broken, mixed, hits = [], 0, 0, 0
    for _ in tier.rounds(1, 100):
        with house_factory(gates=True) as house:
            house.wait_cache_on()
            with house.load() as load:
                for rule in BROKEN:
                    for gate in house.gates_to("redis"):
                        gate.set(down=rule)
                    load.wait_acks(rng.randrange(60, 120))
                    for gate in house.gates_to("redis"):
                        gate.heal()
                    if rule is not BROKEN[-1]:
                        house.wait_cache_on()
                load.wait_reads(200)
            broken += sum(g.resets + g.half_closes for g in house.gates_to("redis"))
            mixed += int(house.counted("rapport_cache_wrong_value_total"))
            hits += int(house.counted("rapport_cache_hits_total"))
        results.append(load.result)
    return goals_of("25", results) + [
        no_read_failed("25", results),
        zero("25", "replies of Redis taken for another request's", mixed, hits),
        Goal("25", "connections broken in the middle of a reply", f"{broken}", ">= 1", broken > 0),
    ]
