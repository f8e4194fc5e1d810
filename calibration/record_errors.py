"""What is wrong with records, said to who brought them: which file, row and field, never what they say."""

LONGEST_NAME = 120  # characters of a file's name in a message


class RecordsError(ValueError):
    """Records that cannot be used: which file and, where there is one, which row and field; never what it says."""

    def __init__(self, file: str, message: str, row: int = 0, field: str = "") -> None:
        where = shown(file) + (f":{row}" if row else "") + (f": {shown(field)}" if field else "")
        super().__init__(f"{where}: {message}")
        self.file, self.row, self.field = file, row, field


def shown(name: str) -> str:
    """Return a name as a message can hold it: one line that steers no terminal, its end if it is long."""
    plain = "".join(character if character.isprintable() else "?" for character in name)
    return plain if len(plain) <= LONGEST_NAME else "..." + plain[-LONGEST_NAME:]
