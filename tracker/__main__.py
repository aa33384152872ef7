"""`python -m tracker` is `kerntrack`."""

from tracker.cli import main

if __name__ == "__main__":
    main()
