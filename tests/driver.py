"""`python -m tests.driver ARGS…`: the command line with a tiny model, for tests that start and kill whole processes."""

from regintel.cli import main
from tests.tiny import TinyEncoder

if __name__ == "__main__":
    main(obj=TinyEncoder())
