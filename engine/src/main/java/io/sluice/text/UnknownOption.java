package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.OptionSpec;
import java.util.List;
import java.util.stream.Collectors;

/** The message about an option that nobody knows, and where it might belong. */
final class UnknownOption {
  private UnknownOption() {}

  /** @param table the options that there are; a reader will take it to be for the extension loaded last */
  static ArgumentException error(Argument name, OptionTable table, Extensions extensions) {
    List<String> meant = table.prefixed(name.text()).stream().map(OptionTable.Found::name).toList();
    if (meant.size() > 1) {
      return name.error("ambiguous option '" + name.text() + "'", "write one of: " + String.join(" ", meant));
    }
    RuleExtension newest = table.newest();
    if (newest == null) {
      String owner = extensions.ownerOf(name.text(), "").orElse("");
      List<String> base = java.util.Arrays.stream(BaseOption.values())
          .flatMap(o -> o.names().stream()).collect(Collectors.toList());
      return name.error("unknown option '" + name.text() + "'",
          owner.isEmpty() ? Similar.hint(name.text(), base) + "options of extensions need their -m, or -p with a protocol" : owner);
    }
    List<String> own = newest.options().stream().map(OptionSpec::name).collect(Collectors.toList());
    String expected = own.isEmpty() ? "it has no options" : "expected one of: " + String.join(" ", own);
    String way = extensions.ownerOf(name.text(), newest.name().text()).orElse(Similar.hint(name.text(), own));
    return name.error("unknown option '" + name.text() + "' for " + newest, expected + "\n" + way);
  }
}
