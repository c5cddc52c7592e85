import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { readReport } from './data/report';
import { isTraining } from './data/training';
import TrainingApp from './training/TrainingApp.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no element with the id “app”.');
try {
  const report = readReport(document);
  if (isTraining(report)) {
    document.title = `${report.name} – Azimuth training report`;
    mount(TrainingApp, { target, props: { report } });
  } else {
    document.title = `${report.model.name}: ${report.trace.text ?? 'token ids'} – Azimuth report`;
    mount(App, { target, props: { report } });
  }
} catch (error) {
  target.textContent = error instanceof Error ? error.message : String(error);
}
