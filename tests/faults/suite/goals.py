"""What a row of the table says."""
import dataclasses


@dataclasses.dataclass
class Goal:
    """`id` is a row or goal of the fault plan ("1", "N4"); `ok` is False if the bound is broken. A
    goal of `time` depends on how busy the machine is: a miss counts only with --judge-times."""
    id: str
    text: str
    measured: str
    bound: str
    ok: bool
    time: bool = False


def none_of(bad, n):
    """"0 of n", with the upper bound of the true share at 95 %: the rule of three."""
    if bad == 0 and n > 0:
        return f"0 of {n:,} (< {3 / n:.1e})"
    return f"{bad:,} of {n:,}"


def zero(id_, text, bad, n):
    """A goal that nothing of n went wrong. Nothing at all was tried is no proof."""
    return Goal(id_, text, none_of(bad, n), "0", bad == 0 and n > 0)


def within(id_, text, seconds, bound):
    """A goal of time, in seconds."""
    return Goal(id_, text, f"{seconds:.3g} s", f"<= {bound:.3g} s", seconds <= bound, time=True)
