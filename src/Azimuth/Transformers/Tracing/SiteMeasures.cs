using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>Norms, angles, logit lens and plane of every site of the residual stream, seen from one position.</summary>
internal sealed class SiteMeasures
{
    private readonly LanguageModel _model;
    private readonly (string Name, Matrix Rows)[] _sites; // rows [position, model]
    private readonly int _position;

    internal SiteMeasures(LanguageModel model, (string Name, Matrix Rows)[] sites, int position) => (_model, _sites, _position) = (model, sites, position);

    /// <summary>One entry a site. All of them go through the output table together.</summary>
    internal TraceSite[] Of(int target, float[] targetDirection, float[] rivalDirection)
    {
        var raw = new Matrix(_sites.Length, targetDirection.Length); // [site, model]
        for (int i = 0; i < _sites.Length; i++)
            _sites[i].Rows.Row(_position).CopyTo(raw.Row(i));
        Matrix normed = _model.Parts.ApplyFinalNorm(raw);
        NextToken[] lens = _model.Parts.Predict(normed, [.. Enumerable.Repeat(target, _sites.Length)], top: 5);
        var plane = new TokenPlane(targetDirection, rivalDirection);
        var measured = new TraceSite[_sites.Length];
        _model.Workers.Run(_sites.Length, i =>
        {
            measured[i] = new TraceSite
            {
                Site = _sites[i].Name,
                Norm = Vectors.Norm(raw.Row(i)),
                NormAllPositions = Norms(_sites[i].Rows),
                AngleToFinal = Vectors.AngleDegrees(raw.Row(i), raw.Row(_sites.Length - 1)),
                AngleToTargetRaw = Vectors.AngleDegrees(raw.Row(i), targetDirection),
                AngleToTargetNormed = Vectors.AngleDegrees(normed.Row(i), targetDirection),
                LensTop5 = Predictions.Named(_model.Unembedding, lens[i].Top, lens[i].LogSumExp),
                TargetProbability = lens[i].Probability,
                TargetRank = lens[i].Rank,
                PlaneNormed = plane.Of(normed.Row(i)),
                PlaneRaw = plane.Of(raw.Row(i)),
            };
        });
        return measured;
    }

    private static double[] Norms(Matrix rows)
    {
        var norms = new double[rows.Rows];
        for (int i = 0; i < norms.Length; i++)
            norms[i] = Vectors.Norm(rows.Row(i));
        return norms;
    }
}
