#!/usr/bin/env bash
# Installs the peers (Debian's numpy with OpenBLAS, torch, FAISS and scikit-learn; llama.cpp and tokenizers from npm) and writes the comparison to a file: bench/peers/run.sh RESULTS.md
# Debian with root's rights, .NET and Node. What is installed already is left as it is; npm's packages go to a folder of the temporary one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
results=${1:?usage: bench/peers/run.sh RESULTS.md}
packages="python3-numpy libopenblas0-pthread python3-torch python3-faiss python3-sklearn"
if ! dpkg -s $packages > /dev/null 2>&1; then
  apt-get update -qq
  apt-get install -y -qq $packages > /dev/null
fi
npm=${TMPDIR:-/tmp}/azimuth-peers
export AZIMUTH_NODE_LLAMA_CPP=${AZIMUTH_NODE_LLAMA_CPP:-$npm} AZIMUTH_NODE_TOKENIZERS=${AZIMUTH_NODE_TOKENIZERS:-$npm}
install() { # FOLDER PACKAGE; without the scripts of packages: the prebuilt programs need none.
  [ -d "$1/node_modules/$2" ] && return
  mkdir -p "$1"
  (cd "$1" && npm install --ignore-scripts --no-audit --no-fund --silent "$2")
}
install "$AZIMUTH_NODE_LLAMA_CPP" node-llama-cpp
for package in tiktoken tiktoken-node tokenizers; do install "$AZIMUTH_NODE_TOKENIZERS" $package; done
dotnet build "$here/../Azimuth.Benchmarks" -c Release -v q -nologo
{
  printf '# Beside its peers\n\n'
  /usr/bin/python3 "$here/compare.py" "${@:2}"
} | tee "$results"
