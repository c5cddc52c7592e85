namespace Azimuth.Numerics;

/// <summary>The regularised incomplete beta function, for tails of Student's distribution.</summary>
internal static class IncompleteBeta
{
    // Lanczos' series for ln Γ with g = 7 and nine terms (Godfrey 2001), good to fifteen digits.
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>I_x(a, b) for a, b above 0 and x from 0 to 1: by its continued fraction (Abramowitz and Stegun, 26.5.8).</summary>
    internal static double Regularized(double a, double b, double x)
    {
        if (x <= 0)
            return 0;
        if (x >= 1)
            return 1;
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        // The fraction converges quickly below the mean; above it the other tail does.
        return x < (a + 1) / (a + b + 2) ? front * Fraction(a, b, x) / a : 1 - front * Fraction(b, a, 1 - x) / b;
    }

    private static double Fraction(double a, double b, double x)
    {
        const double tiny = 1e-300;
        double c = 1, d = 1 / Nonzero(1 - (a + b) * x / (a + 1)), value = d;
        for (int m = 1; m <= 100_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / Nonzero(1 + even * d);
            c = Nonzero(1 + even / c);
            value *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / Nonzero(1 + odd * d);
            c = Nonzero(1 + odd / c);
            double step = d * c;
            value *= step;
            if (Math.Abs(step - 1) < 1e-15)
                break;
        }

        return value;

        static double Nonzero(double v) => Math.Abs(v) < tiny ? tiny : v;
    }

    private static double LogGamma(double z)
    {
        if (z < 0.5)
            return Math.Log(Math.PI / Math.Sin(Math.PI * z)) - LogGamma(1 - z);
        double sum = Lanczos[0], t = z + 6.5;
        for (int i = 1; i < Lanczos.Length; i++)
            sum += Lanczos[i] / (z - 1 + i);
        return 0.5 * Math.Log(2 * Math.PI) + (z - 0.5) * Math.Log(t) - t + Math.Log(sum);
    }
}
