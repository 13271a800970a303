"""The Pulumi language host for Python, where the official one cannot be downloaded.

The CLI builds from Go's module proxy, but `pulumi-language-python` is a nested module that no proxy serves. This is
the same protocol (`pulumi/language.proto`) in Python, on the message classes inside the pulumi wheel, as much of it
as running programs, plugins and policy packs takes. What it does not offer (code generation, debuggers, the poetry
and uv toolchains) it refuses by name.
"""
