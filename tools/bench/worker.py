"""One implementation in a process of its own, asked for bursts over stdin.

    worker.py IMPLEMENTATION CELL.json
    > burst SECONDS     < {"ns": [...]}     times of single runs
    > logits            < {"logits": [...]}
"""

import json
import sys
import time

from implementations import RESULTS


def answer(value):
    print(json.dumps(value), flush=True)


def burst(run, seconds):
    times = []
    end = time.perf_counter_ns() + int(seconds * 1e9)
    run()  # caches are warm again after the others' bursts
    while not times or time.perf_counter_ns() < end:
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    return times


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        cell = json.load(file)
    run = RESULTS[sys.argv[1]](cell)
    run()
    answer({"ready": True})
    for line in sys.stdin:
        word, *arguments = line.split()
        if word == "burst":
            answer({"ns": burst(run, float(arguments[0]))})
        elif word == "logits":
            answer({"logits": run().ravel().astype(float).tolist()})


if __name__ == "__main__":
    main()
