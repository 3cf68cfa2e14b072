package org.elasticsearch.plugins;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.elasticsearch.Build;
import org.elasticsearch.env.Environment;

/** Plugins that are on the class path already, where the node looks for folders with descriptors. */
public final class ClasspathPlugins extends PluginsService {
    private List<LoadedPlugin> loaded;

    private ClasspathPlugins(Environment environment, PluginsLoader loader) {
        super(environment.settings(), environment.configDir(), loader);
    }

    /** The last of the plugins is told that it extends the others. */
    public static PluginsService service(Environment environment, PluginsLoader loader, List<Class<? extends Plugin>> wanted) {
        ClasspathPlugins service = new ClasspathPlugins(environment, loader);
        List<LoadedPlugin> loaded = new ArrayList<>();
        List<String> before = new ArrayList<>();
        for (Class<? extends Plugin> one : wanted) {
            boolean last = loaded.size() == wanted.size() - 1;
            Plugin plugin = loadPlugin(one, environment.settings(), environment.configDir());
            PluginDescriptor descriptor = new PluginDescriptor(one.getName(), "on the class path", "NA", Build.current().version(), "17",
                one.getName(), null, last ? List.copyOf(before) : List.of(), false, false, false, false);
            loaded.add(new LoadedPlugin(descriptor, plugin, one.getClassLoader()));
            before.add(one.getName());
        }
        service.loaded = List.copyOf(loaded);
        loadExtensions(service.loaded);
        return service;
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded == null ? List.of() : loaded;
    }

    @Override
    public <T> List<? extends T> loadServiceProviders(Class<T> service) {
        List<T> found = new ArrayList<>();
        ServiceLoader.load(service, getClass().getClassLoader()).iterator().forEachRemaining(found::add);
        return found;
    }
}
