using Azimuth.Benchmarks;
using BenchmarkDotNet.Running;

// With "serve" it answers a peer's script, case by case (bench/peers/README.md); otherwise it is an ordinary BenchmarkDotNet program.
if (args is ["serve", ..])
    PeerServer.Run(Console.In, Console.Out);
else
    BenchmarkSwitcher.FromAssembly(typeof(ShortRun).Assembly).Run(args, new ShortRun());
