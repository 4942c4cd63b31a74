#pragma once
#include <nlohmann/json.hpp>
#include "../cli/context.hpp"
