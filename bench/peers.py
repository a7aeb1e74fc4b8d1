"""Change points by each installed peer: JSON lists of numbers in, {name: [indexes of each series]} out."""

import json
import sys

series = json.load(sys.stdin)
found = {}
try:
    from otava.analysis import compute_change_points

    found["Apache Otava"] = [[int(each.index) for each in compute_change_points(one)[0]] for one in series]
    found["Apache Otava, magnitude 5 %"] = [
        [int(each.index) for each in compute_change_points(one, min_magnitude=0.05)[0]] for one in series
    ]
except ImportError:
    pass
try:
    from signal_processing_algorithms.energy_statistics.energy_statistics import e_divisive

    found["signal-processing-algorithms"] = [
        [int(index) for index in e_divisive(one, pvalue=0.01, permutations=199)] for one in series
    ]
except ImportError:
    pass
json.dump(found, sys.stdout)
