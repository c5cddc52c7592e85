using System.Numerics.Tensors;

namespace Azimuth.Transformers.Tracing;

/// <summary>From products U·h + bias to logits, probabilities and the loss, in double; the maximum is subtracted before anything is divided or raised.</summary>
internal static class LossFunction
{
    internal static double[] Logits(double[] products, LogitShape shape)
    {
        var logits = new double[products.Length];
        TensorPrimitives.Multiply(products, shape.Scale, logits);
        if (shape.SoftCap is float cap)
        {
            for (int i = 0; i < logits.Length; i++)
                logits[i] = cap * Math.Tanh(logits[i] / cap);
        }

        return logits;
    }

    internal static double[] Probabilities(double[] logits, double temperature)
    {
        double largest = TensorPrimitives.Max<double>(logits);
        var weights = Array.ConvertAll(logits, logit => Math.Exp((logit - largest) / temperature));
        TensorPrimitives.Divide(weights, Sum(weights), weights);
        return weights;
    }

    /// <summary>−ln softmax(logits / T)[target], nats.</summary>
    internal static double Loss(double[] logits, int target, double temperature)
    {
        double largest = TensorPrimitives.Max<double>(logits), total = 0;
        foreach (double logit in logits)
            total += Math.Exp((logit - largest) / temperature);
        return Math.Log(total) - (logits[target] - largest) / temperature;
    }

    private static double Sum(double[] values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum;
    }
}
