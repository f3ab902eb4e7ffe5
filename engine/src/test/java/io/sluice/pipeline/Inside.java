package io.sluice.pipeline;

import java.lang.reflect.Field;
import java.util.Arrays;

/** Gets at what nobody else may, so that a test can break it. */
final class Inside {
  private Inside() {}

  /** What a chain of fields leads to: {@code "compiled.ip.hooks4"}. */
  static Object get(Object from, String path) throws ReflectiveOperationException {
    Object at = from;
    for (String name : path.split("\\.")) {
      at = field(at.getClass(), name).get(at);
    }
    return at;
  }

  static void set(Object of, String name, Object value) throws ReflectiveOperationException {
    field(of.getClass(), name).set(of, value);
  }

  private static Field field(Class<?> of, String name) {
    Field field = Arrays.stream(of.getDeclaredFields()).filter(f -> f.getName().equals(name)).findFirst()
        .orElseGet(() -> field(of.getSuperclass(), name));
    field.setAccessible(true);
    return field;
  }
}
