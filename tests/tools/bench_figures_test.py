#!/usr/bin/env python3
"""What bench_peers.py says of its times."""

import statistics
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from bench.figures import best_peer, figures, interval, percent_of_peak, scaling, summary, table


def cell(own, peers, gflop=2.5, peak=100.0):
    medians = {"vitgen": own, **peers}
    least = {name: min(values) for name, values in medians.items()}
    return {"figures": figures(medians, least), "gflop": gflop, "peak_gflops": peak}


class BenchFigures(unittest.TestCase):
    def test_the_ratio_is_the_median_of_pairs_not_the_ratio_of_medians(self):
        results = cell([10, 20, 40], {"ort": [20, 10, 80]})["figures"]
        self.assertEqual(results["ort"]["ratio"][0], 0.5)
        self.assertEqual(results["ort"]["median_ms"], 20)

    def test_the_interval_holds_the_median_and_shrinks_with_more_values(self):
        few = [0.8, 0.9, 1.0, 1.1, 1.2]
        middle, low, high = interval(few)
        self.assertEqual(middle, statistics.median(few))
        self.assertLess(low, middle)
        self.assertGreater(high, middle)
        _, low_of_many, high_of_many = interval(few * 20)
        self.assertLess(high_of_many - low_of_many, high - low)
        self.assertEqual(interval([2.0] * 5), [2.0, 2.0, 2.0])

    def test_the_best_peer_is_the_fastest_program_that_is_no_vitgen(self):
        results = cell([10], {"vitgen_before": [5], "ort": [20], "openvino": [12]})["figures"]
        self.assertEqual(best_peer(results), "openvino")
        self.assertEqual(best_peer(cell([10], {"vitgen_before": [5]})["figures"]), "vitgen_before")

    def test_percent_of_peak_is_of_the_least_time(self):
        self.assertAlmostEqual(percent_of_peak(cell([50, 25], {"ort": [60, 60]})), 100.0)

    def test_scaling_takes_cells_that_differ_in_threads_only(self):
        cells = {"a:1:1": cell([10], {"ort": [12]}), "a:2:1": cell([5], {"ort": [12]}),
                 "a:2:8": cell([40], {"ort": [80]}), "b:1:1": cell([7], {"ort": [7]})}
        self.assertEqual(scaling(cells), {"a, batch 1": 2.0})

    def test_the_summary_has_the_geometric_mean(self):
        cells = {"a:1:1": cell([10], {"ort": [20]}), "b:1:1": cell([10], {"ort": [5]})}
        self.assertIn("best peer: 1.000 (2 cells)", summary(cells))

    def test_the_table_has_a_row_per_cell(self):
        lines = table({"a:1:1": cell([10], {"ort": [20], "openvino": [12.5]})}).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines[2], "| a:1:1 | 10.00 | 20.00 | 12.50 | 0.800 (0.800-0.800) openvino "
                                   "| 250.0 |")


if __name__ == "__main__":
    unittest.main()
