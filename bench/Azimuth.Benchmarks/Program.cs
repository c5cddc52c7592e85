using Azimuth.Benchmarks;
using BenchmarkDotNet.Running;

// With "serve" (and a number of threads) it answers a peer's script, case by case (bench/peers/README.md); otherwise it is an ordinary BenchmarkDotNet program.
if (args is ["serve", .. var threads])
    PeerServer.Run(Console.In, Console.Out, threads is [var count] ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) : 0);
else
    BenchmarkSwitcher.FromAssembly(typeof(ShortRun).Assembly).Run(args, new ShortRun());
