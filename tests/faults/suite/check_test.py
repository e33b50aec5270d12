#!/usr/bin/env python3
"""Both checkers let a good recording pass and refuse bad ones, small ones kept in ../histories.

  suite/check_test.py BUILD
"""
import os
import sys
import unittest

sys.dont_write_bytecode = True
import check  # noqa: E402

HISTORIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "histories")
BUILD = None


class Recordings(unittest.TestCase):
    """One test for each file; what the direct check must find."""

    def found(self, name):
        path = os.path.join(HISTORIES, name + ".ndjson")
        result = check.check_directly(path)
        check.check_by_porcupine(path, BUILD, result)
        kinds = {kind for kind in ("g1", "g2", "lost", "doubled") if getattr(result, kind)}
        return kinds, result

    def refused(self, name, kind):
        kinds, result = self.found(name)
        self.assertIn(kind, kinds)
        self.assertEqual(result.bad_histories, result.judged, "porcupine lets it pass")

    def test_good_one_passes(self):
        kinds, result = self.found("good")
        self.assertEqual(kinds, set(), result.describe())
        self.assertEqual(result.porcupine, [])
        self.assertEqual((result.histories, result.entities), (1, 3))
        self.assertEqual((result.acknowledged, result.unknown, result.repeats), (5, 3, 4))

    def test_stale_read_after_an_acknowledgment(self):
        self.refused("stale_read", "g1")

    def test_time_travel(self):
        self.refused("time_travel", "g2")

    def test_lost_write(self):
        self.refused("lost_write", "lost")

    def test_lost_update(self):
        self.refused("lost_update", "lost")

    def test_repeat_with_a_second_effect(self):
        self.refused("second_effect", "doubled")

    def test_stale_count(self):
        self.refused("stale_count", "g1")

    def test_count_that_goes_back(self):
        self.refused("count_back", "g2")

    def test_lost_engagement(self):
        self.refused("lost_engagement", "lost")

    def test_engagement_counted_twice(self):
        self.refused("doubled_engagement", "doubled")


if __name__ == "__main__":
    BUILD = os.path.realpath(sys.argv.pop(1))
    unittest.main()
