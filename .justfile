# What there is to do here; `just` alone lists it.
_default:
    @just --list

# all that must hold before a change is taken
check:
    bash .ci/run

# the benches, or one of them: just bench stages
bench *NAME:
    cargo bench {{ if NAME == "" { "" } else { "--bench " + NAME } }}

# against the baseline and other tools, on generated archives; the result goes to benches/RESULTS.md
race *ARGS:
    python3 benches/race.py --write {{ARGS}}

# take what the command line shows now as right; look at the diff before you commit it
snap:
    INSTA_UPDATE=always cargo test --test it

# take what commands in the documentation print now as right; look at the diff before you commit it
docs:
    UPDATE_DOCS=1 cargo test --test docs -- --ignored

# look for inputs that break a target, until stopped: just fuzz split -max_total_time=600
fuzz TARGET *ARGS:
    bash fuzz/run {{TARGET}} {{ARGS}}
