"""Writes src/comparison/fixtures/reference.json: examples and what scipy and statsmodels make of them.

    pip install numpy scipy statsmodels scikit-learn
    python3 scripts/comparison-reference.py > src/comparison/fixtures/reference.json

Tango's interval is in neither: its equation is solved here by scipy's root finder. The bootstrap is
scipy's, by other random numbers, with many more replicates than the code under test takes. The
variance over runs and examples comes from statsmodels' two-way analysis of variance.
"""

import json
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from scipy import optimize, stats
from sklearn.metrics import f1_score
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

Z = stats.norm.ppf(0.975)


def tango(both, only_a, only_b, neither):
    n = both + only_a + only_b + neither

    def score(delta):
        # The restricted maximum of the likelihood, found numerically: no formula to repeat.
        def minus_log_likelihood(q):
            return -(
                (only_a * np.log(q + delta) if only_a else 0)
                + (only_b * np.log(q) if only_b else 0)
                + ((both + neither) * np.log(1 - 2 * q - delta) if both + neither else 0)
            )

        low, high = max(0, -delta), (1 - delta) / 2
        q = optimize.minimize_scalar(
            minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-14}
        ).x
        return (only_a - only_b - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta)))

    found = (only_a - only_b) / n
    lower = optimize.brentq(lambda d: score(d) - Z, -1 + 1e-9, found - 1e-9)
    upper = optimize.brentq(lambda d: score(d) + Z, found + 1e-9, 1 - 1e-9)
    return [lower, upper]


def pairs(both, only_a, only_b, neither):
    table = [[both, only_a], [only_b, neither]]
    return {
        "counts": {"both": both, "onlyA": only_a, "onlyB": only_b, "neither": neither},
        "pValue": float(mcnemar(table, exact=True).pvalue),
        "interval": tango(both, only_a, only_b, neither),
    }


def bootstrap(rng, n=400, classes=3):
    """Two models' probabilities of the same examples, and the intervals of their differences."""
    labels = rng.integers(0, classes, n)
    truth = np.eye(classes)[labels] * 1.5

    def model(noise):
        logits = truth + base + rng.normal(0, noise, (n, classes))
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        # What is written below is what is measured.
        return np.round(p, 6)

    base = rng.normal(0, 0.8, (n, classes))
    a, b = model(0.3), model(0.7)
    rows = np.arange(n)

    def loss(p, i):
        return -np.log(p[i, labels[i]]).mean()

    def brier(p, i):
        return ((p[i] - np.eye(classes)[labels[i]]) ** 2).sum(1).mean()

    def f1(p, i, average):
        found = f1_score(labels[i], p[i].argmax(1), labels=range(classes), average=average)
        return found

    def calibration(p, i):
        confidence, hit = p[i].max(1), p[i].argmax(1) == labels[i]
        bins = np.clip(np.ceil(confidence * 15).astype(int) - 1, 0, 14)
        return sum(abs((hit - confidence)[bins == k].sum()) for k in range(15)) / len(i)

    measures = {
        "logLoss": loss,
        "brierScore": brier,
        "macroF1": lambda p, i: f1(p, i, "macro"),
        "calibrationError": calibration,
        "f1OfFirst": lambda p, i: f1(p, i, None)[0],
    }
    found = {}
    for name, of in measures.items():
        result = stats.bootstrap(
            (rows,),
            lambda i: of(a, i) - of(b, i),
            n_resamples=20_000 if name in ("logLoss", "brierScore") else 6_000,
            vectorized=False,
            method="percentile",
            rng=rng,
        )
        found[name] = {
            "a": float(of(a, rows)),
            "b": float(of(b, rows)),
            "interval": [float(x) for x in result.confidence_interval],
            "error": float(result.standard_error),
        }
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "a": a.ravel().tolist(),
        "b": b.ravel().tolist(),
        "measures": found,
    }


def mean_squares(values):
    """values [runs][examples] -> variances of the means of runs, of examples, and interaction."""
    runs, n = values.shape
    frame = pd.DataFrame(
        {
            "value": values.ravel(),
            "run": np.repeat(np.arange(runs), n),
            "example": np.tile(np.arange(n), runs),
        }
    )
    table = anova_lm(ols("value ~ C(run) + C(example)", frame).fit())
    of = table["mean_sq"]
    return of["C(run)"], of["C(example)"], of["Residual"]


def over_seeds(rng, runs_a, runs_b, paired, n=60):
    easy = rng.normal(0.8, 1.2, n)

    def run(skill):
        return (easy + skill + rng.normal(0, 0.8, n) > 0).astype(int)

    a = np.array([run(0.35 + rng.normal(0, 0.1)) for _ in range(runs_a)])
    b = np.array([run(rng.normal(0, 0.1)) for _ in range(runs_b)])
    difference = a.mean() - b.mean()
    examples = np.var(a.mean(0) - b.mean(0), ddof=1) / n
    total, spread = examples, examples**2 / (n - 1)
    for side in [a - b] if paired else [a, b]:
        of_runs, _, residual = mean_squares(side)
        between = of_runs / n / len(side)
        total += max(0, between - residual / n / len(side))
        spread += between**2 / (len(side) - 1)
    df = max(1, total**2 / spread)
    margin = stats.t.ppf(0.975, df) * np.sqrt(total)
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "paired": paired,
        "difference": float(difference),
        "interval": [float(difference - margin), float(difference + margin)],
        "pValue": float(2 * stats.t.sf(abs(difference) / np.sqrt(total), df)),
    }


def main():
    rng = np.random.default_rng(20261127)
    p_values = [0.001, 0.04, 0.03, 0.2, 0.01]
    reference = {
        "about": "By "
        + ", ".join(
            f"{name} {version(name)}" for name in ["scipy", "statsmodels", "scikit-learn", "numpy"]
        )
        + ": scripts/comparison-reference.py.",
        "pairs": [
            pairs(*counts)
            for counts in [
                (4500, 120, 80, 300),
                (4500, 80, 120, 300),
                (4588, 41, 39, 332),
                (900, 0, 7, 93),
                (10, 5, 5, 0),
                (1, 1, 7, 12),
                (0, 3, 1, 0),
                (20000, 2600, 2400, 100),
            ]
        ],
        "student": [
            {
                "t": t,
                "df": df,
                "pValue": float(2 * stats.t.sf(abs(t), df)),
                "quantile": float(stats.t.ppf(0.975, df)),
            }
            for t, df in [(0.3, 1), (2.1, 1.7), (-2.5, 4), (1.96, 30.5), (3.2, 4998), (12, 8)]
        ],
        "holm": {
            "pValues": p_values,
            "adjusted": multipletests(p_values, method="holm")[1].tolist(),
        },
        "bootstrap": bootstrap(rng),
        "overSeeds": [
            over_seeds(rng, 5, 5, True),
            over_seeds(rng, 2, 2, True),
            over_seeds(rng, 3, 5, False),
        ],
    }
    json.dump(reference, sys.stdout, separators=(",", ":"))
    print()


main()
