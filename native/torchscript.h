// What the files about TorchScript share.
#pragma once

#include "bridge.h"

#include <ATen/core/ivalue_inl.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace retort {

torch::jit::Module& as_module(void* module);

std::vector<c10::IValue> inputs_of(const retort_value* inputs, int32_t count);

// Tuples, lists and dicts have no tag of their own: their parts follow each other, nested ones too. `names` gets a line for
// each value, valid until the next call on this thread: empty for a lone one, else its place or key, as "1.0" or "logits".
void give_flat(const c10::IValue& value, Results& results, const char** names);

} // namespace retort
