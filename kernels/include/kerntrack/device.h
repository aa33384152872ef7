// The whole device language: what nvcc and hipcc make known without any #include.
#pragma once
#include "kerntrack/attributes.h"
#include "kerntrack/vector_types.h"
#include "kerntrack/index.h"
#include "kerntrack/warp.h"
#include "kerntrack/integer.h"
#include "kerntrack/math.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
