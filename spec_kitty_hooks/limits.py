"""Every bound, with its reason. Real maxima are counted over the 412 missions of the public Spec Kitty repository."""

LINE_BYTES = 4 * 1024 * 1024  # one event; the longest real line has 624,725 bytes
LOG_BYTES = 64 * 1024 * 1024  # one log; the largest real one has 955,078 bytes
LOG_EVENTS = 200_000  # the longest real log has 512 lines
JSON_DEPTH = 64  # real depth is 4; deeper input would cost a recursion error
JSON_DIGITS = 4_000  # below the interpreter's own limit of 4,300
JSON_FILE_BYTES = 4 * 1024 * 1024  # meta.json, lanes.json
HEAD_BYTES = 256 * 1024  # work-package frontmatter; the largest real one has 5,720 bytes
POLICY_BYTES = 256 * 1024  # .kittify/config.yaml
YAML_DEPTH = 16
YAML_NODES = 10_000
PATTERN_BYTES = 1_024
PATTERNS = 2_000  # per work package; 10,896 in the whole corpus
PATTERN_SEGMENTS = 128
CHANGED_PATHS = 200_000
PATH_BYTES = 4_096
MISSIONS = 10_000
REFS = 20_000
HOOK_SECONDS_WARN = 2
HOOK_SECONDS_STOP = 30  # a hook that hangs gets uninstalled
CLOCK_SKEW_WARN_SECONDS = 5 * 60
CLOCK_SKEW_BLOCK_SECONDS = 24 * 3600
SHOWN_CHARACTERS = 200  # of one outside string in a message
SHOWN_PATHS = 10  # of one finding family in text output; JSON has all
SEARCHED_TIPS = 256  # branch tips looked at for a mission that HEAD does not carry
