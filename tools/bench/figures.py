"""What bench_peers.py makes of its times: ratios, intervals, tables. The standard library is enough."""

import math
import random
import statistics


def interval(values, draws=2000):
    """The median and the 95 % bootstrap interval of it."""
    source = random.Random(3)
    medians = sorted(statistics.median(source.choices(values, k=len(values)))
                     for _ in range(draws))
    return [statistics.median(values), medians[round(0.025 * draws)], medians[round(0.975 * draws)]]


def figures(medians, least):
    """Per program the times, and vitgen's ratio to it as the median over the rounds."""
    own = medians["vitgen"]
    return {name: {"least_ms": least[name], "median_ms": statistics.median(values),
                   "ratio": interval([a / b for a, b in zip(own, values)])}
            for name, values in medians.items()}


def best_peer(results):
    """The name of the fastest program that is no vitgen; another vitgen where there is none."""
    others = [name for name in results if name != "vitgen"]
    peers = [name for name in others if not name.startswith("vitgen")] or others
    return max(peers, key=lambda name: results[name]["ratio"][0])


def percent_of_peak(cell):
    """Of the multiply-adds that the same threads reached in the same run."""
    return 100 * cell["gflop"] / cell["figures"]["vitgen"]["least_ms"] * 1e3 / cell["peak_gflops"]


def table(cells):
    """A Markdown row per cell: least milliseconds, the ratio to the best peer, the part of the peak."""
    names = list(next(iter(cells.values()))["figures"])
    lines = ["| model:threads:batch | " + " | ".join(f"{n} ms" for n in names)
             + " | vitgen / best peer | % of peak |", "|---|" + "---|" * (len(names) + 2)]
    for name, cell in cells.items():
        results = cell["figures"]
        best = best_peer(results)
        ratio, low, high = results[best]["ratio"]
        row = " | ".join(f"{results[n]['least_ms']:.2f}" for n in names)
        lines.append(f"| {name} | {row} | {ratio:.3f} ({low:.3f}-{high:.3f}) {best} "
                     f"| {percent_of_peak(cell):.1f} |")
    return "\n".join(lines)


def scaling(cells):
    """{"model, batch": how often faster two threads are than one}, by least times."""
    least = {tuple(name.split(":")): cell["figures"]["vitgen"]["least_ms"]
             for name, cell in cells.items()}
    return {f"{model}, batch {batch}": time / least[model, "2", batch]
            for (model, threads, batch), time in least.items()
            if threads == "1" and (model, "2", batch) in least}


def summary(cells):
    """The figures of a whole run as lines of text."""
    ratios = [cell["figures"][best_peer(cell["figures"])]["ratio"][0] for cell in cells.values()]
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines = [f"geometric mean of the ratios to the best peer: {mean:.3f} ({len(ratios)} cells)"]
    for name, times in scaling(cells).items():
        lines.append(f"two threads, {name}: {times:.2f} times as fast as one")
    return "\n".join(lines)
