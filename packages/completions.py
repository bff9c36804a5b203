"""Completions for bash, zsh and fish, made from what `invoked --help` says, so that they have what the program has."""

import os
import re
import subprocess
import tempfile
from typing import NamedTuple

OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?(?:  +(.*))?$")
FILES = {"--data-dir", "--ready-file", "--env-vars"}
WORDS = {"--clock": "real manual x10", "--log-format": "text json", "--log-level": "error warn info debug",
         "--type": "RequestResponse Event DryRun"}


class Option(NamedTuple):
    letter: str
    name: str
    has_value: bool
    help: str


def options_in(text):
    """The options in the output of --help; the first sentence of each one's help."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = OPTION.match(line)
        if match:
            letter, name, value, said = match.groups()
            said = [said or ""]
            for more in lines[number + 1:]:
                if OPTION.match(more) or not more.startswith(" " * 10):
                    break
                said.append(more.strip())
            brief = re.split(r"[;\[(.]", " ".join(said).strip())[0].strip()
            found.append(Option(letter or "", f"--{name}", value is not None, brief))
    return found


def read(binary):
    """{command: (its purpose, its options)}, from the program itself."""
    def help_of(*words):
        return subprocess.run([binary, *words, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout

    commands = {}
    lines = help_of().splitlines()
    for number, line in enumerate(lines):
        match = re.match(r"^  invoked \[?(\w+)\]? ", line)
        if match and lines[number + 1].startswith("      "):
            commands[match[1]] = (lines[number + 1].strip().rstrip("."), options_in(help_of(match[1])))
    return commands


def for_bash(commands):
    cases = "\n".join(f"    {name}) options='{' '.join(option.name for option in options)}' ;;"
                      for name, (_, options) in commands.items())
    values = "\n".join(f"    {name}) COMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;" for name, words in WORDS.items())
    takers = "|".join(sorted({option.name for _, options in commands.values() for option in options
                              if option.has_value and option.name not in FILES and option.name not in WORDS}))
    return f"""# bash completion for invoked
_invoked() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command=serve options
    case ${{COMP_WORDS[1]}} in
    {'|'.join(commands)}) [ "$COMP_CWORD" -gt 1 ] && command=${{COMP_WORDS[1]}} ;;
    esac
    case $previous in
{values}
    {takers}) COMPREPLY=(); return ;;
    esac
    case $command in
{cases}
    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *)
        COMPREPLY=($(compgen -f -- "$word"))
        [ "$COMP_CWORD" -eq 1 ] && COMPREPLY+=($(compgen -W '{' '.join(commands)}' -- "$word"))
        ;;
    esac
}}
complete -o filenames -F _invoked invoked
"""


def for_zsh(commands):
    def quoted(text):
        return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")

    def line(option):
        action = f":value:({WORDS[option.name]})" if option.name in WORDS else ":file:_files" if option.name in FILES else ":value: "
        return f"            '*{option.name}[{quoted(option.help)}]{action if option.has_value else ''}'"

    listed = "\n".join(f"        '{name}:{quoted(purpose)}'" for name, (purpose, _) in commands.items())
    cases = "\n".join(f"    {name})\n        options=(\n" + "\n".join(map(line, options)) + "\n        ) ;;"
                      for name, (_, options) in commands.items())
    return f"""#compdef invoked
_invoked() {{
    local command=serve
    local -a commands options
    commands=(
{listed}
    )
    if (( CURRENT > 2 )) && (( ${{commands[(I)$words[2]:*]}} )); then
        command=$words[2]
        shift words
        (( CURRENT-- ))
    elif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
        _describe command commands
        _files
        return
    fi
    case $command in
{cases}
    esac
    _arguments $options '*:file:_files'
}}
_invoked "$@"
"""


def for_fish(commands):
    lines = ["# fish completion for invoked"]
    names = " ".join(commands)
    for name, (purpose, options) in commands.items():
        lines.append(f"complete -c invoked -n 'not __fish_seen_subcommand_from {names}' -a {name} -d {fish_quoted(purpose)}")
        when = f"__fish_seen_subcommand_from {name}"
        if name == "serve":  # the default
            when += f"; or not __fish_seen_subcommand_from {names}"
        for option in options:
            words = f" -xa '{WORDS[option.name]}'" if option.name in WORDS else " -r" if option.has_value else ""
            letter = f" -s {option.letter}" if option.letter else ""
            lines.append(f"complete -c invoked -n '{when}' -l {option.name[2:]}{letter}{words} -d {fish_quoted(option.help)}")
    return "\n".join(lines) + "\n"


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def build_files(binary):
    """{path below share: text} of the three; `binary` is the bytes of one that runs on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "invoked")
        with open(path, "wb") as file:
            file.write(binary)
        os.chmod(path, 0o755)
        commands = read(path)
    return {"bash-completion/completions/invoked": for_bash(commands),
            "zsh/vendor-completions/_invoked": for_zsh(commands),
            "fish/vendor_completions.d/invoked.fish": for_fish(commands)}
