using System.Text;
using Azimuth.Cli.CommandLine;

// UTF-8 whatever the locale says: token texts are arbitrary Unicode.
UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
using StreamWriter output = new(new StandardOutput(), utf8, bufferSize: 1 << 16);
using StreamWriter error = new(Console.OpenStandardError(), utf8) { AutoFlush = true };
using Cancellation cancellation = new();
return await CommandRunner.RunAsync(args, output, error, cancellation.Token);
