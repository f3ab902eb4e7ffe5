package io.sluice.cli;

import io.sluice.extension.UnknownPolicy;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code fail}, {@code no-match}, {@code maybe}. */
final class UnknownPolicyConverter implements ITypeConverter<UnknownPolicy> {
  @Override
  public UnknownPolicy convert(String text) {
    for (UnknownPolicy policy : UnknownPolicy.values()) {
      if (policy.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
        return policy;
      }
    }
    throw new TypeConversionException("'" + text + "': expected fail, no-match or maybe");
  }
}
