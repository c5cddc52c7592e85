"""Saves tensors of every kind with torch.save and, beside each file, what torch says they hold. Usage: save_with_torch.py FOLDER COUNT"""
import collections
import json
import random
import sys

import torch

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]


def fresh(rng):
    shape = [rng.randint(0, 5) if rng.random() < 0.1 else rng.randint(1, 6) for _ in range(rng.randint(0, 4))]
    return (torch.randn(shape, dtype=torch.float32) * 10).to(rng.choice(DTYPES))


def view(rng, tensor):
    """A view of another size, stride or offset, or a copy."""
    if tensor.dim() == 0:
        return tensor.expand(rng.randint(1, 4)) if rng.random() < 0.5 else tensor
    d = rng.randrange(tensor.dim())
    kind = rng.randrange(9)
    if kind == 0:
        return tensor.transpose(d, rng.randrange(tensor.dim()))
    if kind == 1:
        return tensor.permute(*rng.sample(range(tensor.dim()), tensor.dim()))
    if kind == 2:
        return tensor.narrow(d, rng.randint(0, tensor.shape[d] // 2), tensor.shape[d] - tensor.shape[d] // 2)
    if kind == 3:
        return tensor[(slice(None),) * d + (slice(rng.randint(0, 1), None, rng.randint(1, 3)),)]
    if kind == 4:
        return tensor.unsqueeze(d).expand(*tensor.shape[:d], rng.randint(1, 3), *tensor.shape[d:])
    if kind == 5 and tensor.shape[d] > 0:
        return tensor.unfold(d, rng.randint(1, tensor.shape[d]), rng.randint(1, 2))
    if kind == 6 and tensor.dim() >= 2:
        return tensor.diagonal(0, 0, 1)
    if kind == 7 and tensor.shape[d] > 0:
        return tensor.select(d, rng.randrange(tensor.shape[d]))
    return tensor.clone()


def tensors(rng):
    made = {}
    for i in range(rng.randint(1, 8)):
        tensor = rng.choice(list(made.values())) if made and rng.random() < 0.4 else fresh(rng)
        for _ in range(rng.randint(0, 3)):
            tensor = view(rng, tensor)
        made[rng.choice(["layer.%d.weight", "größe.%d", "b%d", ".%d\n"]) % i] = tensor
    return made


def parameters(made):
    return collections.OrderedDict((k, torch.nn.Parameter(v, requires_grad=v.is_floating_point())) for k, v in made.items())


def module(rng):
    model = torch.nn.Sequential(torch.nn.Embedding(7, 4), torch.nn.TransformerEncoderLayer(4, 2, 8), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 7))
    model[3].weight = model[0].weight
    model.register_buffer("mask", torch.tril(torch.ones(3, 3, dtype=torch.uint8)).view(1, 1, 3, 3))
    return model.state_dict()


def nested(rng, state):
    kind = rng.randrange(5)
    if kind == 0:
        return {"state_dict": state, "epoch": 3, "loss": 0.5, "big": 1 << 80, "args": {"lr": [1e-3, None, True], "betas": (0.9, -1)}}
    if kind == 1:
        return {"step": -70000, "model": state, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3), "step": torch.tensor(1.0)}}, "param_groups": [{"params": [0]}]}}
    return state


def main(folder, count):
    for number in range(count):
        rng = random.Random(number)
        torch.manual_seed(number)
        state = module(rng) if rng.random() < 0.2 else tensors(rng)
        saved = parameters(state) if rng.random() < 0.2 else state
        path = "%s/%d.pt" % (folder, number)
        torch.save(nested(rng, saved), path, pickle_protocol=rng.choice([2, 2, 3, 4, 5]), _use_new_zipfile_serialization=rng.random() < 0.6)
        described = {}
        for name, tensor in state.items():
            flat = torch.empty(tensor.numel(), dtype=tensor.dtype).copy_(tensor.detach().reshape(-1))
            held = flat.to(torch.uint8) if flat.dtype == torch.bool else flat.view(torch.uint8) if flat.numel() else flat
            described[name] = {"dtype": str(tensor.dtype), "shape": list(tensor.shape), "bytes": bytes(held.tolist()).hex()}
        with open(path + ".json", "w") as file:
            json.dump(described, file)


main(sys.argv[1], int(sys.argv[2]))
