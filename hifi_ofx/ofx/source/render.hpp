// One output frame: found, made, or at the very least passed through.
#pragma once

#include "instance.hpp"

namespace hifi {

ofx::Status render(Instance& instance, const Properties& in);

// Answers with the source frame that an output frame is, where no in-between is needed.
ofx::Status identity(Instance& instance, const Properties& in, const Properties& out);

}  // namespace hifi
