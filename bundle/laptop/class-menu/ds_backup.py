# SPDX-License-Identifier: GPL-3.0-or-later
"""Sugar loads an account only beside a module of its name; this one has nothing to do."""
