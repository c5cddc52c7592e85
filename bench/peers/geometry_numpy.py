#!/usr/bin/env python3
"""What `azimuth geometry --quick` measures of a table, as one writes it in numpy: sums in double, nothing sampled. The peer of geometry.py in this folder.

usage: geometry_numpy.py TABLE.npy [lean]    prints one JSON object; lean goes through the rows in blocks instead of widening the table as a whole
"""
import json
import sys

import numpy as np


def ranks(values):
    """Ranks from 0, equal values sharing their mean."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(values)]
    result = np.empty(len(values))
    result[order] = np.repeat((starts + ends - 1) / 2, ends - starts)
    return result


def sums(table, lean):
    """Row lengths, sum of the rows, sum of the unit rows, products of the columns."""
    if not lean:
        wide = table.astype(np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        unit = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
        return norms, wide.sum(0), unit @ wide, wide.T @ wide
    norms, columns = np.empty(len(table)), table.shape[1]
    total, directions, products = np.zeros(columns), np.zeros(columns), np.zeros((columns, columns))
    for first in range(0, len(table), 4096):
        wide = table[first:first + 4096].astype(np.float64)
        here = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        norms[first:first + 4096] = here
        total += wide.sum(0)
        directions += np.divide(1, here, out=np.zeros_like(here), where=here > 0) @ wide
        products += wide.T @ wide
    return norms, total, directions, products


def scores(values):
    return (values - values.mean()) / values.std()


def main():
    table = np.load(sys.argv[1], mmap_mode="r")
    n, columns = table.shape
    norms, total, directions, products = sums(table, "lean" in sys.argv[2:])
    if not np.isfinite(norms).all():
        sys.exit("a row is not finite")
    mean, count = total / n, int((norms > 0).sum())
    covariance = products / n - np.outer(mean, mean)
    singular = np.sqrt(np.maximum(np.linalg.eigvalsh(products)[::-1], 0))
    variances, vectors = np.linalg.eigh(covariance)
    variances, components = np.maximum(variances[::-1], 0), vectors[:, ::-1][:, :10].T
    order = np.argsort(norms, kind="stable")
    ids = np.arange(n, dtype=np.float64)
    share = singular / singular.sum()
    length = np.linalg.norm(mean)
    mean_z, variance_z = scores(mean), scores(np.diag(products) / n - mean * mean)
    json.dump({
        "normMean": norms.mean(), "normSdPopulation": norms.std(), "normQuantiles": np.quantile(norms, [0, .01, .05, .25, .5, .75, .95, .99, 1]).tolist(),
        "smallestNormIds": order[:10].tolist(), "largestNormIds": order[::-1][:10].tolist(), "zeroRows": n - count,
        "meanVectorNorm": length, "meanPairwiseCosine": (directions @ directions - count) / (count * (count - 1.0)),
        "meanCosineWithMean": directions @ mean / (count * length), "spearmanNormId": np.corrcoef(ranks(norms), ranks(ids))[0, 1],
        "effectiveRankSingularValues": np.exp(-(share[share > 0] * np.log(share[share > 0])).sum()),
        "participationRatioCentredEigenvalues": variances.sum() ** 2 / (variances ** 2).sum(),
        "explainedVarianceFirst10": (variances[:10] / variances.sum()).tolist(), "spectrum": singular.tolist(),
        "components": components.tolist(), "meanOutliers": np.flatnonzero(abs(mean_z) > 3).tolist(), "varianceOutliers": np.flatnonzero(abs(variance_z) > 3).tolist(),
    }, sys.stdout)


if __name__ == "__main__":
    main()
