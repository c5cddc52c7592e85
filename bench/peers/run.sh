#!/usr/bin/env bash
# Installs the peers (Debian's numpy with OpenBLAS, torch, FAISS and scikit-learn; llama.cpp from npm) and writes the comparison to a file: bench/peers/run.sh RESULTS.md
# Debian with root's rights, .NET and Node. What is installed already is left as it is; npm's packages go to a folder of the temporary one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
results=${1:?usage: bench/peers/run.sh RESULTS.md}
packages="python3-numpy libopenblas0-pthread python3-torch python3-faiss python3-sklearn"
if ! dpkg -s $packages > /dev/null 2>&1; then
  apt-get update -qq
  apt-get install -y -qq $packages > /dev/null
fi
export AZIMUTH_NODE_LLAMA_CPP=${AZIMUTH_NODE_LLAMA_CPP:-${TMPDIR:-/tmp}/azimuth-peers}
if [ ! -d "$AZIMUTH_NODE_LLAMA_CPP/node_modules/node-llama-cpp" ]; then
  mkdir -p "$AZIMUTH_NODE_LLAMA_CPP"
  # Without the scripts of packages: the prebuilt programs need none.
  (cd "$AZIMUTH_NODE_LLAMA_CPP" && npm install --ignore-scripts --no-audit --no-fund --silent node-llama-cpp)
fi
dotnet build "$here/../Azimuth.Benchmarks" -c Release -v q -nologo
{
  printf '# Beside its peers\n\n'
  /usr/bin/python3 "$here/compare.py" "${@:2}"
} | tee "$results"
