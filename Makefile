# kerntrack: `make run` shows it working, `make test` checks it. Both set up everything they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-candle test-postgres test-cluster lint fuzz bench picture setup clean
SEEDS ?= 0:1000

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

run: setup
	$(BIN)/kerntrack scan
	$(BIN)/kerntrack verify q5_1,q8_1
	$(BIN)/kerntrack status

test: setup
	$(BIN)/python -m pytest -n 2

test-candle: setup
	@test -n "$(KERNTRACK_CANDLE)" || { echo "set KERNTRACK_CANDLE to a checkout of huggingface/candle"; exit 2; }
	KERNTRACK_CANDLE=$(KERNTRACK_CANDLE) $(BIN)/python -m pytest -n 2 tests/check/test_candle.py tests/scan/test_baselines.py tests/scan/test_hazards.py tests/scan/test_callers.py tests/contracts/test_geometry.py --timeout 3600

# The database tests a second time, on a PostgreSQL server of their own (Debian: apt install postgresql).
test-postgres: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,postgresql]'
	KERNTRACK_TEST_POSTGRES=1 $(BIN)/python -m pytest tests/db

# Schedulers and workers as processes of their own, killed, restarted and cut off; minutes, not part of `make test`.
test-cluster: setup
	KERNTRACK_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster

fuzz: setup
	for arch in gfx90a gfx1030 gfx1100; do $(BIN)/python -m tests.fuzz --arch $$arch --seeds $(SEEDS) || exit 1; done

picture: setup
	$(BIN)/python -m tracker.tui.picture docs/matrix.svg f m a t _ q 5 _ 1 enter
	$(BIN)/python -m tracker.tui.picture docs/kernel.svg f m a t _ q 5 _ 1 enter enter right_square_bracket right_square_bracket
	$(BIN)/python -m tracker.tui.picture docs/map.svg m

bench: setup
	for script in cli_startup scan scan_hazards report build emulator hip_path tui; do $(BIN)/python -m benchmarks.$$script || exit 1; done

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) .kerntrack
